#include <zlib.h>

#include <array>
#include <fstream>

#include "avro_record.hpp"
#include "file_encoder.hpp"
#include "tidewheel/core/error.hpp"

// The container: Apache Avro 1.11 specification, "Object Container Files". Apache's C library
// writes none with metadata of the user's, and takes the sync marker from rand(), so that the same
// rows would not be the same file.
namespace tidewheel::capture {
namespace {

constexpr std::string_view magic("Obj\x01", 4);
constexpr const char* rows_key = "tidewheel.rows";

void append_long(std::string& bytes, std::int64_t number) {
    auto rest =
        (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
    for (; rest >= 0x80; rest >>= 7)
        bytes += static_cast<char>((rest & 0x7f) | 0x80);
    bytes += static_cast<char>(rest);
}

void append_bytes(std::string& bytes, std::string_view text) {
    append_long(bytes, static_cast<std::int64_t>(text.size()));
    bytes += text;
}

std::string padded(std::uint64_t number) {
    std::string digits = std::to_string(number);
    return std::string(19 - digits.size(), '0') + digits;
}

// FNV-1a, twice: a marker has only to be unlikely among the data.
std::string marker(const std::string& text) {
    std::string bytes;
    for (std::uint64_t hash : {14695981039346656037ULL, 1099511628211ULL}) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        for (int i = 0; i < 8; ++i)
            bytes += static_cast<char>(hash >> (8 * i));
    }
    return bytes;
}

[[noreturn]] void refuse(const std::filesystem::path& file, const char* what) {
    throw Error(Error::Kind::refused, file.string() + " is not a file of this sink: " + what);
}

// Without the checksum and header of zlib, as Avro has it.
std::string deflated(const std::string& rows) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        throw std::bad_alloc();
    std::string packed(deflateBound(&stream, rows.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rows.data()));
    stream.avail_in = static_cast<uInt>(rows.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

class AvroEncoder : public FileEncoder {
  public:
    AvroEncoder(const AvroOptions& options, const std::vector<Column>& columns)
        : options_(options),
          schema_(avro_schema(options.sink, columns)),
          record_(schema_, columns) {}

    std::string extension() const override { return ".avro"; }

    // The rows come first, where count_rows() finds them.
    std::string header(const RowRange& range) const override {
        std::string bytes(magic);
        append_long(bytes, 6);
        for (const auto& [key, value] : std::array<std::pair<const char*, std::string>, 6>{
                 {{rows_key, padded(range.rows)},
                  {"tidewheel.first", padded(static_cast<std::uint64_t>(range.first))},
                  {"tidewheel.last", padded(static_cast<std::uint64_t>(range.last))},
                  {"tidewheel.sink", options_.sink},
                  {"avro.codec", options_.deflate ? "deflate" : "null"},
                  {"avro.schema", schema_}}}) {
            append_bytes(bytes, key);
            append_bytes(bytes, value);
        }
        append_long(bytes, 0);
        return bytes + sync(range.first);
    }

    std::string row(const Values& values) override { return record_.encode(values); }

    std::string block(const std::string& rows, std::size_t count, std::int64_t first) override {
        std::string bytes;
        append_long(bytes, static_cast<std::int64_t>(count));
        append_bytes(bytes, options_.deflate ? deflated(rows) : rows);
        return bytes + sync(first);
    }

    std::size_t block_overhead() const override { return 10 + 10 + 16; }

    std::size_t count_rows(const std::filesystem::path& file) const override {
        std::string expected(magic);
        append_long(expected, 6);
        append_bytes(expected, rows_key);
        append_long(expected, 19);
        std::string begin(expected.size() + 19, '\0');
        std::ifstream stream(file, std::ios::binary);
        if (!stream.read(begin.data(), static_cast<std::streamsize>(begin.size())) ||
            !begin.starts_with(expected))
            refuse(file, "its header is another one");
        return std::stoull(begin.substr(expected.size()));
    }

  private:
    std::string sync(std::int64_t first) const {
        return marker(options_.uid + " " + std::to_string(first));
    }

    const AvroOptions options_;
    const std::string schema_;
    AvroRecord record_;
};

}  // namespace

std::unique_ptr<FileEncoder> avro_encoder(const AvroOptions& options,
                                          const std::vector<Column>& columns) {
    return std::make_unique<AvroEncoder>(options, columns);
}

}  // namespace tidewheel::capture
