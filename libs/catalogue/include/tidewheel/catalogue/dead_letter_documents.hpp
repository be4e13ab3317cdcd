#pragma once
#include <functional>
#include <string>

#include "tidewheel/catalogue/dead_letter_query.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::codec {
class Json;
}

// Dead letters as people and scripts read them.
namespace tidewheel::catalogue {

// A query over dead letters. Throws DatabaseError.
class DeadLetterQuery {
  public:
    explicit DeadLetterQuery(std::string sql) : sql_(std::move(sql)) {}
    postgres::Rows rows(postgres::Connection& connection) const;
    // Objects with the columns' names; numbers and documents keep their types.
    codec::Json json(postgres::Connection& connection) const;

  private:
    std::string sql_;
};

// reason, stream, records, first, last (record times); the most frequent first.
DeadLetterQuery count_by_reason(const DeadLetterFilter& filter);
// id, stream, statement, topic, partition, offset, record_time, reason, column_name, detail; so
// many at most, the newest first.
DeadLetterQuery newest(const DeadLetterFilter& filter, int limit);
// All of one: key and payload are text where they are UTF-8 without NUL, hexadecimal otherwise.
// Call prepare_documents() once on the connection first.
DeadLetterQuery whole(std::int64_t id);

void prepare_documents(postgres::Connection& connection);
// Calls `each` with one JSON document per dead letter of the page, in offset order; bytes that are
// not UTF-8 are base64 in them. Call prepare_documents() once on the connection first.
void export_documents(postgres::Connection& connection, const DeadLetterPage& page,
                      const std::function<void(const std::string& document)>& each);
// The same with payloads, byte for byte, and a file's name for each. A tombstone has none.
void export_payloads(
    postgres::Connection& connection, const DeadLetterPage& page,
    const std::function<void(const std::string& name, const std::string& payload)>& each);

}  // namespace tidewheel::catalogue
