#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/postgres/connection.hpp"

// What a stream's statements compute of a record, as trees that PostgreSQL has resolved: it says
// what each name means and which type each part has. All of this within a transaction in which the
// stage's temporary relations exist (stage.hpp); it is left as it was. Unsupported is what no tree
// can hold, what rests on somebody else's function or operator, and what PostgreSQL refuses. Throws
// DatabaseError where the server can't answer now (retryable).
namespace tidewheel::executor {

// Expressions over the stream, in the order given. search_path: by which they are read, as SET
// takes it. from: the FROM list that they are written for: "pg_temp.events e". now() is
// Node::record_time; a record whose time is unknown or infinite has none, and is PostgreSQL's to
// refuse.
std::variant<std::vector<engine::Expression>, engine::Unsupported> resolve(
    postgres::Transaction& transaction, const catalogue::StoredStream& stream,
    const std::string& search_path, const std::vector<std::string>& expressions,
    const std::string& from);

// The conditions of StoredStream::checks, in that order.
std::variant<std::vector<engine::Expression>, engine::Unsupported> resolve_rules(
    postgres::Transaction& transaction, const catalogue::StoredStream& stream);

// A continuous INSERT whose only source is the stream.
struct ResolvedInsert {
    std::optional<engine::Expression> where;
    std::vector<engine::Expression>
        values;  // of the columns that it fills, converted to their types but for their lengths
};
// target: the types of the columns that it fills. The INSERT has been rehearsed.
std::variant<ResolvedInsert, engine::Unsupported> resolve_insert(
    postgres::Transaction& transaction, const catalogue::StoredStream& stream,
    const catalogue::StoredStatement& insert, const std::vector<engine::Type>& target);

// An aggregate of PostgreSQL's own.
struct ResolvedPartial {
    std::string function;
    std::optional<engine::Expression> argument;  // nullopt: count(*)
    std::optional<engine::Expression> filter;    // nullopt: none
    engine::Type type;                           // of the result
};

// A view whose only source is the stream.
struct ResolvedView {
    std::optional<engine::Expression> where;
    std::vector<engine::Expression> keys;   // as ViewStatement::keys
    std::vector<ResolvedPartial> partials;  // as ViewStatement::partials
};
std::variant<ResolvedView, engine::Unsupported> resolve_view(
    postgres::Transaction& transaction, const catalogue::StoredStream& stream,
    const catalogue::StoredStatement& view);

}  // namespace tidewheel::executor
