#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "column.hpp"

namespace tidewheel::capture {

// The rows that a file has, as the file itself says.
struct RowRange {
    std::int64_t first = 0, last = 0;
    std::size_t rows = 0;
};

// How a format writes rows: the same rows give the same bytes, whoever writes them. A file is a
// header and blocks.
class FileEncoder {
  public:
    virtual ~FileEncoder() = default;
    virtual std::string extension() const = 0;  // .avro
    // As long for every range: it is written again when the range is known.
    virtual std::string header(const RowRange& range) const = 0;
    // One row. Throws Error (refused) for a text that is none of its column's type.
    virtual std::string row(const Values& values) = 0;
    // Rows, one behind the other, as they stand in the file.
    virtual std::string block(const std::string& rows, std::size_t count, std::int64_t first) = 0;
    virtual std::size_t block_overhead() const { return 0; }  // beside the rows, at most
    // How many rows a complete file has. Throws Error (refused) if it is none of this format.
    virtual std::size_t count_rows(const std::filesystem::path& file) const = 0;
};

struct AvroOptions {
    std::string sink;  // its label
    std::string uid;
    bool deflate = false;
};

std::unique_ptr<FileEncoder> avro_encoder(const AvroOptions& options,
                                          const std::vector<Column>& columns);
std::unique_ptr<FileEncoder> ndjson_encoder(const std::vector<Column>& columns);

}  // namespace tidewheel::capture
