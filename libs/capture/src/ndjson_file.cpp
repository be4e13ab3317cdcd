#include <algorithm>
#include <array>
#include <fstream>
#include <span>

#include "file_encoder.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"

// Newline-delimited JSON: an object a line, as row_to_json of PostgreSQL has it.
namespace tidewheel::capture {
namespace {

constexpr std::array<std::string_view, 6> numbers{"int2",   "int4",   "int8",
                                                  "float4", "float8", "numeric"};
constexpr std::array<std::string_view, 2> times{"timestamp", "timestamptz"};

bool is_one_of(std::span<const std::string_view> types, const std::string& type) {
    return std::ranges::find(types, type) != types.end();
}

// NaN and the infinities are no JSON numbers.
bool is_json_number(const std::string& text) {
    return text.find_first_of("NnIi") == std::string::npos;
}

std::string as_string(const std::string& text) {
    return codec::Json(text).dump();
}

std::string as_json(const Column& column, const std::string& text) {
    if (column.type == "bool") return text == "true" || text == "t" ? "true" : "false";
    if (is_one_of(numbers, column.type) && is_json_number(text)) return text;
    std::string changed = text;
    if (column.type == "json" || column.type == "jsonb") {
        // Within its strings they are escaped.
        std::ranges::replace_if(
            changed, [](char c) { return c == '\n' || c == '\r'; }, ' ');
        return changed;
    }
    if (is_one_of(times, column.type)) {
        if (const auto space = changed.find(' '); space != std::string::npos) changed[space] = 'T';
        // +00: JavaScript and others want minutes, too.
        if (column.type == "timestamptz" && changed.ends_with("+00")) changed += ":00";
    }
    return as_string(changed);
}

class NdjsonEncoder : public FileEncoder {
  public:
    explicit NdjsonEncoder(std::vector<Column> columns) : columns_(std::move(columns)) {
        for (const Column& column : columns_)
            names_.push_back(as_string(column.name) + ":");
    }

    std::string extension() const override { return ".ndjson"; }
    std::string header(const RowRange&) const override { return {}; }

    std::string row(const Values& values) override {
        std::string line = "{";
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (i > 0) line += ',';
            line += names_[i];
            line += values[i] ? as_json(columns_[i], *values[i]) : "null";
        }
        return line + "}\n";
    }

    std::string block(const std::string& rows, std::size_t, std::int64_t) override { return rows; }

    std::size_t count_rows(const std::filesystem::path& file) const override {
        std::ifstream stream(file, std::ios::binary);
        const auto lines = std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
        if (lines == 0)
            throw Error(Error::Kind::refused, file.string() +
                                                  " is not a file of this sink: it has "
                                                  "no line");
        return static_cast<std::size_t>(lines);
    }

  private:
    const std::vector<Column> columns_;
    std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<FileEncoder> ndjson_encoder(const std::vector<Column>& columns) {
    return std::make_unique<NdjsonEncoder>(columns);
}

}  // namespace tidewheel::capture
