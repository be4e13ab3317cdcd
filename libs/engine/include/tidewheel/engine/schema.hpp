#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel::engine {

// How the engine holds a PostgreSQL type. `other` is any type the engine doesn't decode itself: the
// JSON value travels as jsonb and PostgreSQL converts it by the rules of jsonb_populate_record. A
// bytea that is a field is such a type, too: JSON has no bytes.
enum class Kind : std::uint8_t {
    boolean,
    int16,
    int32,
    int64,
    float32,
    float64,
    numeric,
    text,
    varchar,
    uuid,
    date,
    time,
    timestamp,
    timestamptz,
    json,
    jsonb,
    bytea,
    other
};

struct Type {
    Kind kind = Kind::text;
    int typmod = -1;  // as in pg_attribute.atttypmod: numeric(10,2), varchar(20), timestamp(3)
    std::string sql;  // as PostgreSQL's format_type prints it
    // Of `other`: made of dates or times (timetz; an array, a range or a domain of them), whose
    // texts may be words that mean another time whenever they are read.
    bool has_times = false;
    bool operator==(const Type&) const = default;
};

// numeric(p,s): nullopt when the column has no limit.
struct NumericLimit {
    int precision, scale;
};
std::optional<NumericLimit> numeric_limit(const Type& type);
// varchar(n): nullopt when the column has no limit. In characters.
std::optional<int> length_limit(const Type& type);

// Where a column's value comes from.
enum class ColumnOrigin : std::uint8_t {
    field,
    partition,
    offset,
    timestamp,
    key,
    header,    // one, by its name
    headers,   // all of them
    value,     // the record's bytes
    tombstone  // whether it has no value
};

// A unit of time since 1970-01-01 00:00 UTC. Its value: the decimal digits of a second that it has.
enum class EpochUnit : std::uint8_t {
    second = 0,
    millisecond = 3,
    microsecond = 6,
    nanosecond = 9
};

struct Column {
    std::string name;
    Type type;
    bool not_null = false;
    ColumnOrigin source = ColumnOrigin::field;
    // For `field`: the names to follow into nested objects; one for a plain field.
    std::vector<std::string> path;
    std::string header;  // for `header`: its name
    // DEFAULT, as the JSON value to decode when the field is missing.
    std::optional<std::string> fallback;
    // Of a date, timestamp or timestamptz: it is written as a number of these.
    std::optional<EpochUnit> epoch = {};
    bool operator==(const Column&) const = default;
};

// Which partitions a value of the routing column belongs to: OPTIONS (route 'event_type',
// route_sale_event '1,3').
struct Route {
    int column = -1;  // index into Schema::columns; -1: no routing
    struct Rule {
        std::string value;
        std::vector<int> partitions;
        bool operator==(const Rule&) const = default;
    };
    std::vector<Rule> rules;

    // The partitions of a value; nullptr when no rule names it (then any partition is right).
    const std::vector<int>* partitions_of(std::string_view value) const;
    bool operator==(const Route&) const = default;
};

// The shape of a stream: what a record has to look like.
struct Schema {
    std::vector<Column> columns;  // in the order of the DDL
    int event_time = -1;          // index of the event-time column; -1: none
    Route route;
    bool ignores_tombstones = false;  // a record without a value has no row, and is no dead letter
    // needed[i]: some statement, rule or check reads column i. The type and NOT NULL of the others
    // are checked nevertheless (whether a record is good doesn't depend on which statements
    // exist), but they are not kept. Empty: all are.
    std::vector<bool> needed;

    int find(std::string_view column) const;  // its index, -1 when there is none
    bool needs(std::size_t column) const;     // needed, or the event time
    bool takes_tombstones() const;  // a column says which records have no value: they have rows
    bool operator==(const Schema&) const = default;
};

}  // namespace tidewheel::engine
