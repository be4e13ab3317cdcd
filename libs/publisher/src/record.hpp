#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "tidewheel/sql/pipeline.hpp"

// How a row of an outbox becomes a record that the stream's own decoder reads back. Pure.
namespace tidewheel::publisher {

// SQL over the row `o` of the stream's outbox: {"key":…,"value":…} as text. PostgreSQL writes the
// values, so that types mean what they mean there. What it prints is what read_record reads.
std::string record_sql(const sql::Stream& stream);

struct Record {
    std::optional<std::string> key;
    std::optional<std::string_view> value;  // into the text; nullopt: a tombstone
};
// `text` outlives the record. Throws Error (refused) for what record_sql doesn't print.
Record read_record(std::string_view text);

}  // namespace tidewheel::publisher
