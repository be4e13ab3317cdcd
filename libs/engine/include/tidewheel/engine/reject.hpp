#pragma once
#include <string>
#include <string_view>

namespace tidewheel::engine {

// Why a record became a dead letter. The names are part of the contract
// (tidewheel.dead_letters.reason, metrics, docs).
enum class Reason {
    tombstone,  // no value at all
    empty,      // an empty value
    not_json,   // not JSON: cut, NaN, trailing text, NUL byte, invalid UTF-8, lone surrogate…
    not_avro,   // bytes that are no record of the schema they were written with
    not_csv,    // no row of CSV with as many fields as the stream has
    unknown_schema,   // written with a schema that the registry doesn't have
    not_an_object,    // JSON, but no object; a value of Avro that is no record
    too_deep,         // nested more than 64 levels
    duplicate_field,  // the same field twice
    missing_field,    // NOT NULL, and the field is missing or null
    wrong_type,       // the value can't be read as the column's type
    out_of_range,     // it can, but it doesn't fit
    check_violation,  // a CHECK of the stream says no
    misrouted,        // its routing value belongs to another partition
    target_refused,   // PostgreSQL refused the row in the target: constraint, cast, overflow
    group_full,       // a group of the view has as many values as it may keep
};

std::string_view name(Reason reason);
inline constexpr int reason_count = static_cast<int>(Reason::group_full) + 1;

struct Reject {
    Reason reason;
    std::string detail;  // for people: what was found, what was expected
    std::string column;  // which column, when it is about one
};

}  // namespace tidewheel::engine
