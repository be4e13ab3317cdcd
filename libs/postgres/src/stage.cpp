#include <algorithm>

#include "sql_text.hpp"
#include "tidewheel/postgres/pushdown.hpp"

// The temporary relations that hold a batch.
namespace tidewheel::postgres {
namespace {

using engine::Kind;

// A column as tidewheel_records shows it.
std::string record_column(const engine::Column& column) {
    const std::string name = quote_name(column.name);
    if (column.type.kind != Kind::other) return "b." + name;
    return "(jsonb_populate_record(NULL::pg_temp.tidewheel_shape, jsonb_build_object(" +
           quote_literal(column.name) + ", b." + name + ")))." + name + " AS " + name;
}

bool has_other(const engine::Schema& schema) {
    return std::any_of(schema.columns.begin(), schema.columns.end(),
                       [](const auto& column) { return column.type.kind == Kind::other; });
}

std::string records_view(const StoredStream& stream, const std::string& options,
                         const std::string& where) {
    std::vector<std::string> columns;
    for (const engine::Column& column : stream.schema.columns)
        columns.push_back(record_column(column));
    return "CREATE OR REPLACE TEMP VIEW tidewheel_records" + options + " AS SELECT " +
           join(columns, ", ") +
           ", b.tidewheel_seq, b.tidewheel_timestamp FROM pg_temp.tidewheel_batch b" + where +
           ";\n";
}

std::string column_list(const std::vector<engine::Column>& columns) {
    std::vector<std::string> names;
    for (const engine::Column& column : columns)
        names.push_back(quote_name(column.name));
    return join(names, ", ");
}

// COPY leaves out what nobody needs, so a NOT NULL that LIKE brought along has to go; a column that
// PostgreSQL converts arrives as jsonb.
std::string loosen(const engine::Schema& schema) {
    std::vector<std::string> actions;
    for (const engine::Column& column : schema.columns) {
        const std::string alter = "ALTER COLUMN " + quote_name(column.name);
        if (column.not_null) actions.push_back(alter + " DROP NOT NULL");
        if (column.type.kind == Kind::other) actions.push_back(alter + " TYPE jsonb USING NULL");
    }
    if (actions.empty()) return "";
    return "ALTER TABLE pg_temp.tidewheel_batch " + join(actions, ", ") + ";\n";
}

}  // namespace

std::string stage_ddl(const StoredStream& stream) {
    const std::string relation = stream.stream.name.quoted();
    std::string ddl =
        "CREATE TEMP TABLE tidewheel_batch (LIKE " + relation +
        ", tidewheel_seq integer, tidewheel_timestamp timestamptz) ON COMMIT DELETE ROWS;\n";
    ddl += loosen(stream.schema);
    if (has_other(stream.schema))
        ddl += "CREATE TEMP TABLE tidewheel_shape (LIKE " + relation + ");\n";
    ddl += records_view(stream, "", "");
    ddl += "CREATE TEMP VIEW " + quote_name(stream.stream.name.name) + " AS SELECT " +
           column_list(stream.schema.columns) + " FROM pg_temp.tidewheel_records;\n";
    return ddl;
}

std::string stage_copy(const engine::Schema& schema) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < schema.columns.size(); ++i)
        if (schema.needed[i]) names.push_back(quote_name(schema.columns[i].name));
    names.insert(names.end(), {"tidewheel_seq", "tidewheel_timestamp"});
    return "COPY pg_temp.tidewheel_batch (" + join(names, ", ") + ") FROM STDIN (FORMAT binary)";
}

std::string stage_validate(const StoredStream& stream) {
    std::string verdict, refused;
    for (std::size_t i = 0; i < stream.checks.size(); ++i) {
        const std::string broken = "(" + stream.checks[i].expression + ") IS FALSE";
        verdict += " WHEN " + broken + " THEN " + std::to_string(i);
        refused += (refused.empty() ? "" : " OR ") + broken;
    }
    for (const engine::Column& column : stream.schema.columns)  // forces the conversion
        if (column.type.kind == Kind::other)
            refused += (refused.empty() ? "" : " OR ") + std::string("octet_length(") +
                       quote_name(column.name) + "::text) < 0";
    if (refused.empty()) return "";
    verdict = verdict.empty() ? "NULL" : "CASE" + verdict + " END";
    return "SELECT tidewheel_seq, " + verdict + " FROM pg_temp.tidewheel_records WHERE " + refused +
           " ORDER BY tidewheel_seq";
}

std::string stage_narrow(const StoredStream& stream) {
    // A barrier: otherwise PostgreSQL may try a CHECK or a WHERE on rows outside of the range
    // first, and meet the bad one there.
    return "CREATE INDEX tidewheel_batch_seq ON pg_temp.tidewheel_batch (tidewheel_seq);\n" +
           records_view(stream, " WITH (security_barrier)",
                        " WHERE b.tidewheel_seq >= current_setting('tidewheel.first')::integer"
                        " AND b.tidewheel_seq < current_setting('tidewheel.last')::integer");
}

std::string stage_range(std::size_t first, std::size_t last) {
    return "SET LOCAL tidewheel.first = '" + std::to_string(first) +
           "'; SET LOCAL tidewheel.last = '" + std::to_string(last) + "'";
}

std::string stage_widen(const StoredStream& stream) {
    return "DROP INDEX pg_temp.tidewheel_batch_seq;\n" + records_view(stream, "", "");
}

}  // namespace tidewheel::postgres
