#include "tidewheel/executor/stage.hpp"

#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {
namespace {

using engine::Kind;

// A type of the i-th column alone. jsonb_populate_record fills every column of its type, and a
// domain that is NOT NULL would refuse the NULL of a neighbour that isn't asked for.
std::string shape(std::size_t i) {
    return "pg_temp.tidewheel_shape_" + std::to_string(i);
}

// A value that PostgreSQL is to convert. Types made of dates and times may not hold the words that
// mean another time with every reading.
std::string to_convert(const engine::Column& column) {
    const std::string value = "b." + postgres::quote_name(column.name);
    if (!column.type.has_times) return value;
    return "CASE WHEN " + value +
           "::text ~* '(^|[^a-z])(now|today|tomorrow|yesterday)([^a-z]|$)' THEN tidewheel.refuse(" +
           value + ", 'a time relative to now, which changes with every reading', " +
           postgres::quote_literal(column.name) + ") ELSE " + value + " END";
}

// The i-th column as tidewheel_records shows it.
std::string record_column(const engine::Column& column, std::size_t i) {
    const std::string name = postgres::quote_name(column.name);
    if (column.type.kind != Kind::other) return "b." + name;
    return "(jsonb_populate_record(NULL::" + shape(i) + ", jsonb_build_object(" +
           postgres::quote_literal(column.name) + ", " + to_convert(column) + ")))." + name +
           " AS " + name;
}

std::string shapes(const engine::Schema& schema) {
    std::string ddl;
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
        const engine::Column& column = schema.columns[i];
        if (column.type.kind == Kind::other)
            ddl += "CREATE TYPE " + shape(i) + " AS (" + postgres::quote_name(column.name) + " " +
                   column.type.sql + ");\n";
    }
    return ddl;
}

// Forces the conversion of a column.
std::string converts(const engine::Column& column) {
    return "octet_length(" + postgres::quote_name(column.name) + "::text) < 0";
}

std::string records_view(const catalogue::StoredStream& stream, const std::string& options,
                         const std::string& where) {
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < stream.schema.columns.size(); ++i)
        columns.push_back(record_column(stream.schema.columns[i], i));
    return "CREATE OR REPLACE TEMP VIEW tidewheel_records" + options + " AS SELECT " +
           joined(columns, ", ") +
           ", b.tidewheel_seq, b.tidewheel_timestamp FROM pg_temp.tidewheel_batch b" + where +
           ";\n";
}

std::string column_list(const std::vector<engine::Column>& columns) {
    std::vector<std::string> names;
    for (const engine::Column& column : columns)
        names.push_back(postgres::quote_name(column.name));
    return joined(names, ", ");
}

// COPY leaves out columns that are not needed, so a NOT NULL that LIKE brought along must go; a
// column that PostgreSQL converts arrives as jsonb.
std::string loosen(const engine::Schema& schema) {
    std::vector<std::string> actions;
    for (const engine::Column& column : schema.columns) {
        const std::string alter = "ALTER COLUMN " + postgres::quote_name(column.name);
        if (column.not_null) actions.push_back(alter + " DROP NOT NULL");
        if (column.type.kind == Kind::other) actions.push_back(alter + " TYPE jsonb USING NULL");
    }
    if (actions.empty()) return "";
    return "ALTER TABLE pg_temp.tidewheel_batch " + joined(actions, ", ") + ";\n";
}

std::optional<std::string> validate_script(const catalogue::StoredStream& stream) {
    std::string first_broken, refused;
    for (std::size_t i = 0; i < stream.checks.size(); ++i) {
        const std::string broken = "(" + stream.checks[i].expression + ") IS FALSE";
        first_broken += " WHEN " + broken + " THEN " + std::to_string(i);
        refused += (refused.empty() ? "" : " OR ") + broken;
    }
    for (const engine::Column& column : stream.schema.columns)
        if (column.type.kind == Kind::other)
            refused += (refused.empty() ? "" : " OR ") + converts(column);
    if (refused.empty()) return std::nullopt;
    first_broken = first_broken.empty() ? "NULL" : "CASE" + first_broken + " END";
    return "SELECT tidewheel_seq, " + first_broken + " FROM pg_temp.tidewheel_records WHERE " +
           refused + " ORDER BY tidewheel_seq";
}

std::vector<StageScript::Conversion> conversions(const catalogue::StoredStream& stream) {
    std::vector<StageScript::Conversion> all;
    for (const engine::Column& column : stream.schema.columns)
        if (column.type.kind == Kind::other)
            all.push_back(
                {column.name, "SELECT FROM pg_temp.tidewheel_records WHERE " + converts(column)});
    return all;
}

std::string narrow_script(const catalogue::StoredStream& stream) {
    // A barrier: otherwise PostgreSQL may try a CHECK or a WHERE on rows outside of the range
    // first, and meet the bad one there.
    return "CREATE INDEX tidewheel_batch_seq ON pg_temp.tidewheel_batch (tidewheel_seq);\n" +
           records_view(stream, " WITH (security_barrier)",
                        " WHERE b.tidewheel_seq >= current_setting('tidewheel.first')::integer"
                        " AND b.tidewheel_seq < current_setting('tidewheel.last')::integer");
}

std::string widen_script(const catalogue::StoredStream& stream) {
    return "DROP INDEX pg_temp.tidewheel_batch_seq;\n" + records_view(stream, "", "");
}

}  // namespace

std::string stage_ddl(const catalogue::StoredStream& stream) {
    const std::string relation = stream.stream.name.quoted();
    std::string ddl =
        "CREATE TEMP TABLE tidewheel_batch (LIKE " + relation +
        ", tidewheel_seq integer, tidewheel_timestamp timestamptz) ON COMMIT DELETE ROWS;\n";
    ddl += loosen(stream.schema);
    ddl += shapes(stream.schema);
    ddl += records_view(stream, "", "");
    ddl += "CREATE TEMP VIEW " + postgres::quote_name(stream.stream.name.name) + " AS SELECT " +
           column_list(stream.schema.columns) + " FROM pg_temp.tidewheel_records;\n";
    return ddl;
}

std::string stage_copy(const engine::Schema& schema, const std::vector<bool>& staged) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < schema.columns.size(); ++i)
        if (staged[i]) names.push_back(postgres::quote_name(schema.columns[i].name));
    names.insert(names.end(), {"tidewheel_seq", "tidewheel_timestamp"});
    return "COPY pg_temp.tidewheel_batch (" + joined(names, ", ") + ") FROM STDIN (FORMAT binary)";
}

std::string stage_range(std::size_t first, std::size_t last) {
    return "SET LOCAL tidewheel.first = '" + std::to_string(first) +
           "'; SET LOCAL tidewheel.last = '" + std::to_string(last) + "'";
}

StageScript stage_script(const catalogue::StoredStream& stream) {
    return {stage_ddl(stream), validate_script(stream), conversions(stream), narrow_script(stream),
            widen_script(stream)};
}

}  // namespace tidewheel::executor
