#include "tidewheel/executor/stage.hpp"
#include "tidewheel/postgres/connection.hpp"

// Which columns a stage needs.
namespace tidewheel::executor {
namespace {

// Makes a view of the query and asks which columns of the staged stream it depends on.
void add_columns_of(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
                    const std::string& query, std::vector<bool>& read) {
    const std::string staged =
        postgres::quote_literal("pg_temp." + postgres::quote_name(stream.stream.name.name)) +
        "::regclass";
    transaction.run("CREATE TEMP VIEW tidewheel_probe AS " + query);
    const postgres::Rows rows = transaction.query(
        "SELECT a.attname FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid"
        " JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND "
        "a.attnum > 0"
        " WHERE d.classid = 'pg_rewrite'::regclass AND w.ev_class = "
        "'pg_temp.tidewheel_probe'::regclass AND d.refobjid = " +
        staged);
    for (const postgres::Row& row : rows)
        if (const int column = stream.schema.find(row.text(0)); column >= 0)
            read[static_cast<std::size_t>(column)] = true;
    // A reference to the whole row (to_jsonb(s)) depends on the relation alone.
    const postgres::Row whole = transaction
                                    .query(
                                        "SELECT count(*) FROM pg_rewrite WHERE ev_class = "
                                        "'pg_temp.tidewheel_probe'::regclass"
                                        " AND ev_action::text ~ ':varattno 0 '")
                                    .at(0);
    if (whole.integer(0) > 0) read.assign(read.size(), true);
    transaction.run("DROP VIEW pg_temp.tidewheel_probe");
}

}  // namespace

std::vector<bool> columns_read(postgres::Transaction& transaction,
                               const catalogue::StoredStream& stream,
                               const catalogue::StoredStatement& statement) {
    std::vector<bool> read(stream.schema.columns.size(), false);
    transaction.run("SET LOCAL search_path = " + statement.search_path);
    add_columns_of(transaction, stream,
                   "SELECT 1 AS one FROM (" + statement.statement.select + ") q", read);
    return read;
}

std::vector<bool> columns_of_rules(postgres::Transaction& transaction,
                                   const catalogue::StoredStream& stream) {
    const engine::Schema& schema = stream.schema;
    std::vector<bool> read(schema.columns.size(), false);
    for (const catalogue::CheckRule& check : stream.checks)
        add_columns_of(transaction, stream,
                       "SELECT (" + check.expression + ") AS one FROM pg_temp." +
                           postgres::quote_name(stream.stream.name.name),
                       read);
    for (const int column : {schema.event_time, schema.route.column})
        if (column >= 0) read[static_cast<std::size_t>(column)] = true;
    for (std::size_t i = 0; i < read.size(); ++i)
        if (schema.columns[i].type.kind == engine::Kind::other)
            read[i] = true;  // PostgreSQL checks its values
    return read;
}

}  // namespace tidewheel::executor
