#pragma once
#include <optional>
#include <string>

#include "tidewheel/sql/sink.hpp"

// What the options of a sink of SERVER redis say.
namespace tidewheel::sql {

struct RedisUrl {
    std::string host;  // without the brackets of an IPv6 address
    int port = 6379;
    std::string user;  // empty: the default one
    int database = 0;

    std::string address() const;  // for messages
    bool operator==(const RedisUrl&) const = default;
};

// What is wrong with it, nullopt: nothing. redis://[user@]host[:port][/database].
std::optional<std::string> wrong_redis_url(const std::string& url);
RedisUrl parse_redis_url(const std::string& url);  // a right one

// Columns of the sink by what they are for.
struct RedisColumns {
    std::string key;
    std::string value;      // empty: `members` are, as one JSON object
    std::string deleted;    // empty: none; a boolean
    std::string truncated;  // the same
    std::vector<std::string> members;
};

// The options key, value, deleted and truncated with their defaults; whether the columns are there is for
// whoever made the table.
RedisColumns redis_columns(const Sink& sink);
// Of a row `o` of the sink, SQL: its value, NULL for a deletion; whether it is one; and whether it
// deletes all rows of its lane before it (empty: none does).
std::string redis_value(const RedisColumns& columns);
std::string redis_deletion(const RedisColumns& columns);
std::string redis_truncation(const RedisColumns& columns);

}  // namespace tidewheel::sql
