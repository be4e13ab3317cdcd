#pragma once
#include <chrono>
#include <map>

#include "column.hpp"
#include "file_encoder.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::capture {

// What a sink of SERVER files says, as PostgreSQL understands it.
struct FileOptions {
    std::string sink, uid;  // its label, and what no other sink has
    std::string path;       // a template
    std::string format;     // avro, ndjson
    bool deflate = false;
    std::chrono::microseconds roll_after{};
    std::size_t roll_bytes = 0;
    std::optional<std::size_t> time_column;  // whose value is the time in the path
    std::vector<Column> columns;
    std::map<int, std::string> topics;  // by stream

    bool operator==(const FileOptions&) const = default;
    std::unique_ptr<FileEncoder> encoder() const;
};

// Throws DatabaseError.
FileOptions read_options(postgres::Transaction& transaction, const catalogue::StoredSink& sink);

}  // namespace tidewheel::capture
