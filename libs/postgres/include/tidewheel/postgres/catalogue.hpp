#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// What was applied, as services and commands read it. Written by `tidewheel apply` alone
// (services/cli).
namespace tidewheel::postgres {

struct CheckRule {
    std::string name;
    std::string expression;  // pg_get_expr over the stream's columns
    std::string column;      // when it is about exactly one column
};

struct StoredStream {
    int id = 0;
    sql::Stream stream;  // name is always schema-qualified here
    bool is_foreign = true;
    engine::Schema schema;  // types as PostgreSQL resolved them; `needed` all true
    std::vector<CheckRule> checks;
};

struct StoredStatement {
    int id = 0;
    int stream_id = 0;
    sql::Statement
        statement;  // body is RowStatement or ViewStatement; target and view names schema-qualified
    std::string state_table;  // views
    std::string search_path;  // as SET search_path takes it
    bool paused = false;      // no service runs it
};

struct Catalogue {
    std::int64_t version = 0;
    std::vector<StoredStream> streams;
    std::vector<StoredStatement> statements;

    const StoredStream& stream(int id) const;
    const StoredStatement* find_statement(const std::string& name) const;  // nullptr: none
};

// Throws Error (refused, "run `tidewheel init`") when there is no catalogue or it is of another
// version.
Catalogue load_catalogue(Connection& connection);
// The same, as a transaction sees it that may have changed it.
Catalogue read_catalogue(Transaction& transaction);
std::int64_t catalogue_version(Connection& connection);

// The shape of a stream as PostgreSQL resolved it (pg_attribute, pg_constraint), joined with the
// options of its DDL. Throws Error (pipeline) for what can't be a stream column: generated columns,
// a DEFAULT that is not immutable.
engine::Schema resolve_schema(Transaction& transaction, const sql::Stream& stream);
std::vector<CheckRule> resolve_checks(Transaction& transaction, const sql::RelationName& stream);

}  // namespace tidewheel::postgres
