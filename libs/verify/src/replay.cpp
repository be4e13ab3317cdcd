#include "replay.hpp"

#include <algorithm>
#include <optional>

#include "merge_replay.hpp"
#include "replayed_records.hpp"
#include "tidewheel/catalogue/state_table.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {
namespace {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Session;

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

// Those that the statement itself refused and that were not discarded.
std::string own_dead_letters(const catalogue::StoredStream& stream,
                             const catalogue::StoredStatement& statement) {
    return "FROM tidewheel.dead_letters d WHERE d.statement_id = " + std::to_string(statement.id) +
           " AND d.topic = " + quote_literal(stream.stream.topic) +
           " AND d.discarded_at IS NULL AND d.reason <> 'group_full' AND EXISTS (SELECT FROM "
           "pg_temp.tidewheel_raw r WHERE "
           "r.partition = d.partition AND r.\"offset\" = d.\"offset\" AND " +
           of_this_record + ")";
}

// ON CONFLICT DO UPDATE refuses to meet a row twice in one command, so it goes record by record.
std::string updates_script(const sql::RowStatement& rows, const std::vector<std::string>& columns,
                           const std::string& insert, const std::string& conflict) {
    return "DO " +
           quote_literal(
               "#variable_conflict use_column\nDECLARE tidewheel_record "
               "record;\nBEGIN\nFOR tidewheel_record IN SELECT q.* FROM (" +
               rows.record_select + ") q (tidewheel_seq, " + prefixed("", columns) +
               ") ORDER BY 1 LOOP\n" + insert + "VALUES (" +
               prefixed("tidewheel_record.", columns) + ") " + conflict + ";\nEND LOOP;\nEND");
}

std::string rows_script(Session& session, const sql::RowStatement& rows, const std::string& select,
                        const Expected& expected) {
    if (rows.merge) return merge_script(session, rows, expected.relation);
    const std::vector<std::string> columns = filled_columns(session, rows);
    const std::string insert = "INSERT INTO " + expected.relation + " AS " +
                               quote_name(rows.target.name) + " (" + prefixed("", columns) + ") ";
    const std::string conflict = conflict_clause(session, rows);
    if (rows.on_conflict == sql::OnConflict::update)
        return updates_script(rows, columns, insert, conflict);
    if (rows.on_conflict == sql::OnConflict::none && !rows.uses_now) return insert + select;
    return insert + "SELECT " + prefixed("q.", columns) + " FROM (" + rows.record_select +
           ") q (tidewheel_seq, " + prefixed("", columns) + ") ORDER BY q.tidewheel_seq " +
           conflict;
}

// One command that runs the statement over tidewheel_records, into the counterpart of its target.
std::string replay_script(Session& session, const catalogue::StoredStatement& statement,
                          const Expected& expected) {
    const std::string& select = statement.statement.select;
    if (const auto* rows = std::get_if<sql::RowStatement>(&statement.statement.body))
        return rows_script(session, *rows, select, expected);
    const auto& view = std::get<sql::ViewStatement>(statement.statement.body);
    return "INSERT INTO " + expected.relation + " " +
           (view.in_order.empty() ? select : view.in_order);
}

// The same over one record, for what may refuse it: a view has its keys in an index, too.
std::string trial_script(Session& session, const catalogue::StoredStatement& statement,
                         const Expected& expected) {
    std::string script = replay_script(session, statement, expected);
    if (const auto* view = std::get_if<sql::ViewStatement>(&statement.statement.body))
        for (const std::string& each : catalogue::state_ddl(*view, "pg_temp.tidewheel_trial_state"))
            script += ";\n" + each;
    return script;
}

// What a row has to fulfil so that a partition of the target takes it, which LIKE doesn't copy: the
// bounds of one of them, and its own CHECKs. nullopt: the target has no partitions, nor is it one.
std::optional<std::string> partition_rule(Session& session, const sql::RelationName& target) {
    const auto row =
        session
            .run(
                "SELECT c.relkind = 'p' OR c.relispartition, coalesce((SELECT string_agg(concat_ws("
                "' AND ', pg_get_partition_constraintdef(l.relid), (SELECT string_agg('(' || "
                "pg_get_expr(k.conbin, k.conrelid) || ')', ' AND ') FROM pg_constraint k WHERE "
                "k.conrelid = l.relid AND k.contype = 'c')), ' OR ') FROM "
                "pg_partition_tree(c.oid) l WHERE l.isleaf), 'false') FROM pg_class c WHERE c.oid "
                "= " +
                regclass(target))
            .at(0);
    return row.boolean(0) ? std::optional(row.text(1)) : std::nullopt;
}

// There are some, and only what the counterpart has as well could have refused them.
bool can_try_dead_letters(Session& session, const catalogue::StoredStream& stream,
                          const catalogue::StoredStatement& statement) {
    const auto* rows = std::get_if<sql::RowStatement>(&statement.statement.body);
    if (rows && rows->merge) return false;  // it depends on what was stored at that time
    const std::string target = regclass(target_of(statement));
    return session
        .run("SELECT EXISTS (SELECT " + own_dead_letters(stream, statement) +
             ") AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = " + target +
             " AND NOT tgisinternal) AND NOT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' "
             "AND conrelid = " +
             target + ")")[0]
        .boolean(0);
}

}  // namespace

const sql::RelationName& target_of(const catalogue::StoredStatement& stored) {
    const auto* view = std::get_if<sql::ViewStatement>(&stored.statement.body);
    return view ? view->name : std::get<sql::RowStatement>(stored.statement.body).target;
}

Expected make_expected(Session& session, const catalogue::StoredStatement& statement, int number) {
    const bool is_table = std::holds_alternative<sql::RowStatement>(statement.statement.body);
    Expected expected{target_of(statement),
                      "pg_temp.tidewheel_expected_" + std::to_string(number),
                      {},
                      !is_table && !std::get<sql::ViewStatement>(statement.statement.body).rows};
    session.run("CREATE TEMP TABLE tidewheel_expected_" + std::to_string(number) + " (LIKE " +
                expected.stored.quoted() + (is_table ? " INCLUDING ALL)" : ")"));
    return expected;
}

std::vector<ComparedColumn> compared_columns(Session& session, const Expected& expected) {
    const auto rows = session.run(
        "SELECT a.attname, t.typname, a.attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef d, "
        "regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) (\\d+)', 'g') m JOIN pg_proc p ON "
        "p.oid = m[1]::oid "
        "WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND p.provolatile <> 'i') "
        "OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum "
        "AND d.adbin::text ~ '\\{(SQLVALUEFUNCTION|NEXTVALUEEXPR)') "
        "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = " +
        regclass(expected.stored) + " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum");
    std::vector<ComparedColumn> columns;
    for (const auto& row : rows) {
        if (expected.filled.contains(row.text(0)) || !row.boolean(2))
            columns.push_back({row.text(0), row.text(1)});
    }
    return columns;
}

void replay(Session& session, const catalogue::StoredStream& stream,
            const catalogue::StoredStatement& statement, const PartitionEnds& ends,
            Expected& expected) {
    session.run("SET LOCAL search_path = " + statement.search_path);
    open_applied_records(session, stream, statement, ends);
    session.run(replay_script(session, statement, expected));
    if (const auto* rows = std::get_if<sql::RowStatement>(&statement.statement.body))
        for (const std::string& column : filled_columns(session, *rows))
            expected.filled.insert(column);
    close_records(session);
}

std::vector<std::string> wrongly_refused(Session& session, const catalogue::StoredStream& stream,
                                         const catalogue::StoredStatement& statement,
                                         const Expected& expected) {
    if (!can_try_dead_letters(session, stream, statement)) return {};
    session.run("SET LOCAL search_path = " + statement.search_path);
    session.run(
        "CREATE TEMP TABLE tidewheel_trial (partition integer, \"offset\" bigint); CREATE TEMP "
        "TABLE tidewheel_acquitted (place text); CREATE INDEX IF NOT EXISTS tidewheel_place ON "
        "pg_temp.tidewheel_good (tidewheel_partition, tidewheel_offset)");
    if (const auto rule = partition_rule(session, expected.stored))
        session.run("ALTER TABLE " + expected.relation +
                    " ADD CONSTRAINT tidewheel_partitions CHECK (" + *rule + ") NOT VALID");
    open_records(session, stream,
                 "(tidewheel_partition, tidewheel_offset) IN (SELECT partition, \"offset\" FROM "
                 "pg_temp.tidewheel_trial)");
    // Each alone, and undone: the exception that ends the block of an accepted one is ours.
    session.run("DO " +
                quote_literal("DECLARE letter record;\nBEGIN\nFOR letter IN SELECT d.partition, "
                              "d.\"offset\" " +
                              own_dead_letters(stream, statement) +
                              " LOOP\nTRUNCATE pg_temp.tidewheel_trial;\nINSERT INTO "
                              "pg_temp.tidewheel_trial VALUES (letter.partition, "
                              "letter.\"offset\");\nBEGIN\nIF EXISTS (SELECT FROM "
                              "pg_temp.tidewheel_records) THEN\nEXECUTE " +
                              quote_literal(trial_script(session, statement, expected)) +
                              ";\nSET CONSTRAINTS ALL IMMEDIATE;\nRAISE SQLSTATE "
                              "'TW001';\nEND IF;\nEXCEPTION WHEN SQLSTATE 'TW001' THEN INSERT INTO "
                              "pg_temp.tidewheel_acquitted VALUES (format('[%s]@%s', "
                              "letter.partition, letter.\"offset\"));\nWHEN OTHERS THEN "
                              "NULL;\nEND;\nEND LOOP;\nEND"));
    std::vector<std::string> places;
    for (const auto& row : session.run("SELECT place FROM pg_temp.tidewheel_acquitted LIMIT 10"))
        places.push_back(row.text(0));
    close_records(session);
    session.run("DROP TABLE pg_temp.tidewheel_trial, pg_temp.tidewheel_acquitted; ALTER TABLE " +
                expected.relation + " DROP CONSTRAINT IF EXISTS tidewheel_partitions");
    return places;
}

}  // namespace tidewheel::verify
