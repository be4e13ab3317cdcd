#include "cli/replay.hpp"

#include <algorithm>

namespace tidewheel::cli {
namespace {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Session;

std::string joined(const std::vector<std::string>& items, const std::string& between) {
    std::string text;
    for (const std::string& item : items)
        text += (text.empty() ? "" : between) + item;
    return text;
}

std::string prefixed(const std::string& prefix, const std::vector<std::string>& names,
                     const std::string& between = ", ") {
    std::vector<std::string> all;
    for (const std::string& name : names)
        all.push_back(prefix + quote_name(name));
    return joined(all, between);
}

std::string regclass(const sql::RelationName& name) {
    return quote_literal(name.quoted()) + "::regclass";
}

const sql::RelationName& target_of(const postgres::StoredStatement& stored) {
    const auto* view = std::get_if<sql::ViewStatement>(&stored.statement.body);
    return view ? view->name : std::get<sql::RowStatement>(stored.statement.body).target;
}

// A column that the statements don't fill is compared, too, unless its default is different on
// every run (identity, now()).
std::vector<ComparedColumn> compared_columns(Session& session, const sql::RelationName& relation,
                                             const std::vector<std::string>& filled) {
    const auto rows = session.run(
        "SELECT a.attname, t.typname, a.attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef d, "
        "regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) (\\d+)', 'g') m JOIN pg_proc p ON "
        "p.oid = m[1]::oid "
        "WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND p.provolatile <> 'i') "
        "OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum "
        "AND d.adbin::text ~ '\\{(SQLVALUEFUNCTION|NEXTVALUEEXPR)') "
        "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = " +
        regclass(relation) + " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum");
    std::vector<ComparedColumn> columns;
    for (const auto& row : rows) {
        const bool is_filled = std::find(filled.begin(), filled.end(), row.text(0)) != filled.end();
        if (is_filled || !row.boolean(2)) columns.push_back({row.text(0), row.text(1)});
    }
    return columns;
}

std::vector<std::string> column_names(Session& session, const sql::RelationName& relation) {
    std::vector<std::string> names;
    for (const auto& row :
         session.run("SELECT attname FROM pg_attribute WHERE attrelid = " + regclass(relation) +
                     " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"))
        names.push_back(row.text(0));
    return names;
}

// The columns of the INSERT: those it names, or the table's first ones.
std::vector<std::string> filled_columns(Session& session, const sql::RowStatement& rows) {
    if (!rows.target_columns.empty()) return rows.target_columns;
    std::vector<std::string> names = column_names(session, rows.target);
    const std::size_t width =
        session.run("SELECT * FROM (" + rows.record_select + ") q LIMIT 0").columns.size() - 1;
    names.resize(std::min(names.size(), width));
    return names;
}

// Under other names, a constraint's columns say the same as its name does.
std::string conflict_clause(Session& session, const sql::RowStatement& rows) {
    if (rows.conflict_constraint.empty()) return rows.conflict_clause;
    std::vector<std::string> columns;
    for (const auto& row :
         session.run("SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = "
                     "c.conrelid AND a.attnum = ANY (c.conkey) WHERE c.conname = " +
                     quote_literal(rows.conflict_constraint) +
                     " AND c.conrelid = " + regclass(rows.target)))
        columns.push_back(quote_name(row.text(0)));
    const auto action = rows.conflict_clause.find(" DO ");
    return "ON CONFLICT (" + joined(columns, ", ") + ")" + rows.conflict_clause.substr(action);
}

std::string in_bounds(const Bounds& bounds) {
    std::vector<std::string> ranges;
    for (const auto& [partition, bound] : bounds)
        ranges.push_back("(tidewheel_partition = " + std::to_string(partition) +
                         " AND tidewheel_offset < " + std::to_string(bound) + ")");
    return ranges.empty() ? "false" : "(" + joined(ranges, " OR ") + ")";
}

// The relations that a statement's own text reads, as in pushdown.hpp, over this statement's
// records.
void open_records(Session& session, const postgres::StoredStream& stream,
                  const postgres::StoredStatement& statement, const Bounds& bounds) {
    std::vector<std::string> names;
    for (const auto& column : stream.schema.columns)
        names.push_back(column.name);
    const std::string own_dead_letters =
        "SELECT FROM tidewheel.dead_letters d WHERE d.statement_id = " +
        std::to_string(statement.id) + " AND d.topic = " + quote_literal(stream.stream.topic) +
        " AND d.partition = g.tidewheel_partition AND d.\"offset\" = g.tidewheel_offset";
    // Partitions one after the other, each in offset order.
    session.run("CREATE TEMP VIEW tidewheel_records AS SELECT " + prefixed("g.", names) +
                ", (tidewheel_partition::bigint << 48) + tidewheel_offset AS tidewheel_seq, "
                "tidewheel_timestamp FROM pg_temp.tidewheel_good g WHERE " +
                in_bounds(bounds) + " AND NOT EXISTS (" + own_dead_letters + ")");
    session.run("CREATE TEMP VIEW " + quote_name(stream.stream.name.name) + " AS SELECT " +
                prefixed("", names) + " FROM pg_temp.tidewheel_records");
}

void close_records(Session& session) {
    session.run("DROP VIEW pg_temp.tidewheel_records CASCADE");
}

void replay_view(Session& session, const postgres::StoredStatement& statement,
                 const Expected& expected) {
    session.run("INSERT INTO " + expected.relation + " " + statement.statement.select);
}

// ON CONFLICT DO UPDATE refuses to meet a row twice in one command, so it goes record by record.
void replay_updates(Session& session, const sql::RowStatement& rows,
                    const std::vector<std::string>& columns, const std::string& insert,
                    const std::string& conflict) {
    session.run("DO " + quote_literal("#variable_conflict use_column\nDECLARE tidewheel_record "
                                      "record;\nBEGIN\nFOR tidewheel_record IN SELECT q.* FROM (" +
                                      rows.record_select + ") q (tidewheel_seq, " +
                                      prefixed("", columns) + ") ORDER BY 1 LOOP\n" + insert +
                                      "VALUES (" + prefixed("tidewheel_record.", columns) + ") " +
                                      conflict + ";\nEND LOOP;\nEND"));
}

void replay_rows(Session& session, const postgres::StoredStatement& statement,
                 const Expected& expected) {
    const auto& rows = std::get<sql::RowStatement>(statement.statement.body);
    const std::vector<std::string> columns = filled_columns(session, rows);
    const std::string insert = "INSERT INTO " + expected.relation + " AS " +
                               quote_name(rows.target.name) + " (" + prefixed("", columns) + ") ";
    const std::string conflict = conflict_clause(session, rows);
    if (rows.on_conflict == sql::OnConflict::update)
        replay_updates(session, rows, columns, insert, conflict);
    else if (rows.on_conflict == sql::OnConflict::none && !rows.uses_now)
        session.run(insert + statement.statement.select);
    else
        session.run(insert + "SELECT " + prefixed("q.", columns) + " FROM (" + rows.record_select +
                    ") q (tidewheel_seq, " + prefixed("", columns) + ") ORDER BY q.tidewheel_seq " +
                    conflict);
}

}  // namespace

Expected make_expected(Session& session, const postgres::StoredStatement& statement, int number) {
    Expected expected{
        target_of(statement), "pg_temp.tidewheel_expected_" + std::to_string(number), {}};
    const auto* rows = std::get_if<sql::RowStatement>(&statement.statement.body);
    session.run("CREATE TEMP TABLE tidewheel_expected_" + std::to_string(number) + " (LIKE " +
                expected.stored.quoted() + (rows ? " INCLUDING ALL)" : ")"));
    expected.columns = compared_columns(session, expected.stored,
                                        rows ? rows->target_columns : std::vector<std::string>{});
    return expected;
}

void replay(Session& session, const postgres::StoredStream& stream,
            const postgres::StoredStatement& statement, const Bounds& bounds,
            const Expected& expected) {
    session.run("SET LOCAL search_path = " + statement.search_path);
    open_records(session, stream, statement, bounds);
    if (std::holds_alternative<sql::ViewStatement>(statement.statement.body))
        replay_view(session, statement, expected);
    else
        replay_rows(session, statement, expected);
    close_records(session);
}

}  // namespace tidewheel::cli
