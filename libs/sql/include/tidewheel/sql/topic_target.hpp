#pragma once
#include <string>

#include "tidewheel/sql/pipeline.hpp"

// INSERT INTO a stream: its rows become records of the stream's topic (docs/adr/0021-topics.md).
namespace tidewheel::sql {

// The ordinary table that holds the rows until they are in the topic. `stream` is qualified.
RelationName outbox_of(const RelationName& stream);

// A column that a record is made from: a field or the key. The others say where a record stands.
bool is_writable(const StreamColumn& column);
// The column whose value becomes the key of the record; nullptr: records have none.
const StreamColumn* key_of(const Stream& stream);
// A field that is not the key: a record of which all these are NULL says nothing.
bool is_value(const Stream& stream, const StreamColumn& column);

// What stands in the way of writing records that the stream's own decoder reads; empty: nothing.
struct Unwritable {
    std::string what, hint;
};
Unwritable why_unwritable(const Stream& stream);

// An INSERT with another target, and all else as it was.
std::string with_target(const std::string& insert, const RelationName& target);

}  // namespace tidewheel::sql
