#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/catalogue/share.hpp"
#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// What was applied, as services and commands read it. Written by the commands that change what runs
// (libs/apply, libs/operate), never by a service.
namespace tidewheel::catalogue {

struct CheckRule {
    std::string name;
    std::string expression;  // pg_get_expr over the stream's columns
    std::string column;      // when it is about exactly one column
    bool operator==(const CheckRule&) const = default;
};

struct StoredStream {
    int id = 0;
    sql::Stream stream;  // name is always schema-qualified here
    bool is_foreign = true;
    engine::Schema schema;  // types as PostgreSQL resolved them; `needed` all true
    std::vector<CheckRule> checks;
    // By which consumer group it is read, of those that read its topic (kafka::group_name): no two
    // of its streams have one number, and a stream keeps its own.
    int group_number = 1;
    Share share = {};  // of its topic's partitions: the database's
    bool operator==(const StoredStream&) const = default;
};

// Which of the partitions that the stream declares the statement has to read in this database.
std::vector<int> partitions_read(const sql::Statement& statement, const StoredStream& stream);

// What a statement's row says in every view of it: here with the statement parsed, in
// catalogue_rows.hpp without, which no text and no missing table can make fail.
struct StatementColumns {
    int id = 0;
    int stream_id = 0;
    std::string state_table;  // views
    std::string search_path;  // as SET search_path takes it, pg_temp last
    bool paused = false;      // no service runs it
    Resolution resolution;    // empty: PostgreSQL hasn't been asked, or didn't take it
    bool operator==(const StatementColumns&) const = default;
};

// body, select and route_values of the statement are made from the resolution.
struct StoredStatement : StatementColumns {
    // body is RowStatement or ViewStatement; target and view names schema-qualified.
    sql::Statement statement;
    bool operator==(const StoredStatement&) const = default;
};

struct Catalogue {
    std::int64_t version = 0;
    std::vector<StoredStream> streams;
    std::vector<StoredStatement> statements;
    // By id: nothing comes into their topics through their ingress, source or changefeed.
    std::set<int> paused_streams;
    std::vector<std::string> search_path;  // of the role that has read it

    const StoredStream& stream(int id) const;
    const StoredStatement* find_statement(const std::string& name) const;  // nullptr: none
    // The same for a name that somebody has given: its schema may be left out. Throws Error
    // (setting) where it may be one of several.
    const StoredStatement* find_given(const std::string& name) const;
};

// Throws Error (refused, "run `tidewheel init`") when there is no catalogue or it is of another
// version.
Catalogue load_catalogue(postgres::Connection& connection);
// The same, as a transaction sees it that may have changed it.
Catalogue read_catalogue(postgres::Transaction& transaction);
std::int64_t catalogue_version(postgres::Connection& connection);
// Resolves the names of statements that an older program applied. A statement that PostgreSQL no
// longer accepts stays as it is: services leave it out, and say so.
void resolve_missing(postgres::Transaction& transaction);

// The shape of a stream as PostgreSQL resolved it (pg_attribute, pg_constraint), joined with the
// options of its DDL. Throws Error (pipeline) for what can't be a stream column: generated columns,
// a DEFAULT that is not immutable.
engine::Schema resolve_schema(postgres::Transaction& transaction, const sql::Stream& stream);
std::vector<CheckRule> resolve_checks(postgres::Transaction& transaction,
                                      const sql::RelationName& stream);

}  // namespace tidewheel::catalogue
