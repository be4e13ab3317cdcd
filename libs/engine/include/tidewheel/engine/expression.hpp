#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/engine/schema.hpp"

namespace tidewheel::engine {

// A scalar expression over one record, as PostgreSQL resolved it: every cast is written out, and
// types, modifiers and collations are PostgreSQL's answers. Made by executor::resolve.
struct Expression {
    enum class Node : std::uint8_t {
        column,       // of the stream
        record_time,  // now(), of the record
        constant,
        call,  // of an operator or a function of pg_catalog, by its name: "+", "date_trunc"
        cast,  // of the one argument to `type`
        // Tests: of the one argument. "is null", "is not null", "is true", "is not true", …
        test,
        distinct,  // IS DISTINCT FROM
        all_of,    // AND, of two arguments or more
        any_of,    // OR
        negation,  // NOT
        choose,    // CASE WHEN a THEN b WHEN c THEN d … ELSE e END: a, b, c, d, …, e
        coalesce,
        nullif,
        one_of,  // a = ANY (ARRAY[b, c, …]): a, b, c, …
    };
    Node node = Node::constant;
    Type type;             // of the result; Kind::other: the engine has no such values
    bool bytewise = true;  // collatable: its collation takes two texts for equal only if their
                           // bytes are
    bool c_order = true;   // collatable: its collation orders by bytes
    std::uint32_t collation = 0;          // its oid; 0: not collatable
    std::size_t column = 0;               // of Schema::columns
    std::string name;                     // of `call` and `test`
    std::optional<std::string> constant;  // PostgreSQL's text of it; nullopt: NULL
    std::string
        binary;  // of a constant date, time or interval: as PostgreSQL sends it, in hexadecimal
    std::vector<Expression> arguments;
    bool operator==(const Expression&) const = default;
};

// Why something is left to PostgreSQL, in a few words: "function initcap", "type interval".
struct Unsupported {
    std::string reason;
};

}  // namespace tidewheel::engine
