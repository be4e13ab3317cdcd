#pragma once
#include <string>
#include <variant>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/column_types.hpp"
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {

// Under it PostgreSQL prints every name that is not its own with its schema.
inline constexpr const char* plain_search_path = "pg_catalog";

// The stage's view of the stream, as SQL.
std::string staged_name(const catalogue::StoredStream& stream);

// What PostgreSQL makes of a SELECT.
struct Probed {
    std::string text;  // the SELECT, as pg_get_viewdef prints it under plain_search_path
    std::vector<catalogue::ColumnType> types;
};

// Probes a SELECT of so many columns. Changes the transaction's search path. Throws
// engine::Unsupported where the SELECT rests on another relation than the stream, or on a function
// or an operator that is not PostgreSQL's: the text does not show each of them.
Probed probe(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
             const std::string& search_path, const std::string& select, std::size_t columns);
// Of expressions over a FROM list.
Probed probe(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
             const std::string& search_path, const std::vector<std::string>& expressions,
             const std::string& from);

// Undoes what the action does to the transaction. What it can't support, or PostgreSQL refuses, is
// the result; the server's own failures are thrown.
template <class Result, class Action>
std::variant<Result, engine::Unsupported> in_probing(postgres::Transaction& transaction,
                                                     Action&& action) {
    std::variant<Result, engine::Unsupported> result;
    transaction.run("SAVEPOINT tidewheel_probing");
    try {
        result = action();
    } catch (const engine::Unsupported& unsupported) {
        result = unsupported;
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        result = engine::Unsupported{error.what()};
    }
    transaction.run("ROLLBACK TO tidewheel_probing; RELEASE tidewheel_probing");
    return result;
}

}  // namespace tidewheel::executor
