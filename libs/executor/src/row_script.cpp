#include "tidewheel/executor/row_script.hpp"

#include <algorithm>

#include "merge_target.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "unnested.hpp"

namespace tidewheel::executor {
namespace {

std::vector<std::string> quoted_columns(const InsertTarget& target,
                                        const std::string& prefix = "") {
    std::vector<std::string> names;
    for (const TargetColumn& column : target.columns)
        names.push_back(prefix + postgres::quote_name(column.name));
    return names;
}

// The columns that are stored, in the order of their values.
std::string stored_columns(const sql::RowStatement& rows, const InsertTarget& target) {
    return (rows.keeps_places ? "tidewheel_partition, tidewheel_offset, " : "") +
           joined(quoted_columns(target), ", ");
}

std::string insert_into(const sql::RowStatement& rows, const InsertTarget& target) {
    return "INSERT INTO " + rows.target.quoted() + " (" + stored_columns(rows, target) + ") ";
}

// The record form's SELECT as a relation q whose columns bear the target's names.
std::string collected(const sql::RowStatement& rows, const InsertTarget& target) {
    return "(" + rows.record_select + ") q(tidewheel_seq, " + joined(quoted_columns(target), ", ") +
           ")";
}

// The conflict key's columns, each behind the prefix; with their types when asked (the SELECT's may
// be others).
std::vector<std::string> key_list(const InsertTarget& target, const std::string& prefix,
                                  bool typed) {
    std::vector<std::string> keys;
    for (const TargetColumn& column : target.columns)
        if (std::count(target.conflict_key.begin(), target.conflict_key.end(), column.name))
            keys.push_back(prefix + postgres::quote_name(column.name) +
                           (typed ? "::" + column.type : ""));
    return keys;
}

std::string round_number(const InsertTarget& target) {
    const std::vector<std::string> keys = key_list(target, "q.", true);
    const std::string partition = keys.empty() ? "" : "PARTITION BY " + joined(keys, ", ") + " ";
    const std::string direction = target.last_wins ? " DESC" : "";
    return "row_number() OVER (" + partition + "ORDER BY q.tidewheel_seq" + direction +
           ", q.tidewheel_row" + direction + ") - 1";
}

// Each row with the place of its record. The arrays have those of the batch's rows.
std::string with_places(const sql::RowStatement& rows, const InsertTarget& target,
                        const std::string& partitions, const std::string& offsets) {
    const std::string element = ")[q.tidewheel_seq + 1], ";
    return "INSERT INTO " + rows.target.quoted() + " (" + stored_columns(rows, target) +
           ", tidewheel_row) SELECT (" + partitions + "::integer[]" + element + "(" + offsets +
           "::bigint[]" + element + joined(quoted_columns(target, "q."), ", ") +
           ", row_number() OVER (PARTITION BY q.tidewheel_seq) FROM " + collected(rows, target);
}

// The SELECT's rows, numbered as they come: one record may yield several rows of a key.
std::string numbered(const sql::RowStatement& rows, const InsertTarget& target) {
    return "(SELECT *, row_number() OVER () AS tidewheel_row FROM " + collected(rows, target) +
           ") q";
}

std::string aside_of(const catalogue::StoredStatement& statement) {
    return "pg_temp.tidewheel_rows_" + std::to_string(statement.id);
}

InsertRounds in_rounds(const catalogue::StoredStatement& statement, const sql::RowStatement& rows,
                       const InsertTarget& target) {
    const std::string aside = aside_of(statement);
    const std::string columns = joined(quoted_columns(target), ", ");
    InsertRounds script;
    // With last_wins the table has the target's CHECKs, so that they also judge a row that never
    // reaches the target.
    script.setup = target.last_wins
                       ? "CREATE TEMP TABLE " + aside +
                             " (tidewheel_round bigint, tidewheel_seq integer, LIKE " +
                             rows.target.quoted() +
                             " INCLUDING CONSTRAINTS INCLUDING GENERATED) ON COMMIT DELETE ROWS;\n"
                       : "CREATE TEMP TABLE " + aside +
                             " ON COMMIT DELETE ROWS AS SELECT 0::bigint AS tidewheel_round, 0 AS "
                             "tidewheel_seq, " +
                             columns + " FROM " + rows.target.quoted() + " WITH NO DATA;\n";
    script.setup += "CREATE INDEX ON " + aside + " (tidewheel_round);\n";
    script.collect = "INSERT INTO " + aside + " (tidewheel_round, tidewheel_seq, " + columns +
                     ") SELECT " + round_number(target) + ", q.tidewheel_seq, " +
                     joined(quoted_columns(target, "q."), ", ") + " FROM " + numbered(rows, target);
    script.last_round = target.last_wins ? "SELECT 0" : "SELECT max(tidewheel_round) FROM " + aside;
    script.insert_prefix = insert_into(rows, target) + "SELECT " + columns + " FROM " + aside +
                           " WHERE tidewheel_round = ";
    // In key order: other lanes may be at the same rows. Within a round a key occurs once.
    std::vector<std::string> order = key_list(target, "", false);
    order.push_back("tidewheel_seq");
    script.insert_suffix = " ORDER BY " + joined(order, ", ") + " " + rows.conflict_clause;
    script.discard = "DELETE FROM " + aside;
    return script;
}

std::vector<std::string> prefixed(const std::string& prefix,
                                  const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const std::string& name : names)
        all.push_back(prefix + postgres::quote_name(name));
    return all;
}

// A row whose key is NULL meets no other.
std::string merge_round(const std::string& source, const std::vector<std::string>& key) {
    return "CASE WHEN " + joined(key, " IS NULL OR ") +
           " IS NULL THEN 0 ELSE row_number() OVER (PARTITION BY " + joined(key, ", ") +
           " ORDER BY " + source + ".tidewheel_seq, " + source + ".tidewheel_row) - 1 END";
}

InsertRounds merge_rounds(const catalogue::StoredStatement& statement,
                          const sql::RowStatement& rows, const InsertTarget& target) {
    const std::string aside = aside_of(statement);
    const std::string& source = rows.merge->source;
    const std::string columns = joined(prefixed("", target.source_columns), ", ");
    const std::string of_source = joined(prefixed(source + ".", target.source_columns), ", ");
    InsertRounds script;
    script.lock = "LOCK TABLE " + rows.target.quoted() + " IN SHARE ROW EXCLUSIVE MODE";
    script.setup = "CREATE TEMP TABLE " + aside +
                   " ON COMMIT DELETE ROWS AS SELECT 0::bigint AS tidewheel_round, q.* FROM " +
                   merge_source(rows, "q") + " WITH NO DATA;\nCREATE INDEX ON " + aside +
                   " (tidewheel_round);\n";
    script.collect = "INSERT INTO " + aside + " (tidewheel_round, tidewheel_seq, " + columns +
                     ") SELECT " + merge_round(source, target.merge_key) + ", " + source +
                     ".tidewheel_seq, " + of_source +
                     " FROM (SELECT *, row_number() OVER () AS tidewheel_row FROM " +
                     merge_source(rows, "q") + ") AS " + source;
    script.last_round = "SELECT max(tidewheel_round) FROM " + aside;
    // In key order: other lanes may be at the same rows.
    const std::string number = "tidewheel-round";
    const std::string merge =
        rows.merge->over(rows.target.quoted(),
                         "SELECT " + of_source + " FROM " + aside + " AS " + source + " WHERE " +
                             source + ".tidewheel_round = " + number + " ORDER BY " +
                             joined(target.merge_key, ", ") + ", " + source + ".tidewheel_seq");
    const std::size_t at = merge.find(number);
    script.insert_prefix = merge.substr(0, at);
    script.insert_suffix = merge.substr(at + number.size());
    script.discard = "DELETE FROM " + aside;
    return script;
}

}  // namespace

std::string InsertRounds::insert(long round) const {
    return insert_prefix + std::to_string(round) + insert_suffix;
}

std::string setup_of(const RowScript& script) {
    const auto* rounds = std::get_if<InsertRounds>(&script);
    return rounds ? rounds->setup : "";
}

std::string rehearsal_of(const RowScript& script) {
    if (const auto* direct = std::get_if<DirectInsert>(&script))
        return direct->rehearsal.empty() ? direct->insert : direct->rehearsal;
    const auto& rounds = std::get<InsertRounds>(script);
    return rounds.collect + "; " + rounds.insert(0) + "; " + rounds.discard;
}

std::string array_insert(const sql::RowStatement& rows, const InsertTarget& target,
                         const std::vector<engine::Kind>& kinds) {
    std::vector<engine::Kind> all;
    if (rows.keeps_places) all = {engine::Kind::int32, engine::Kind::int64};
    all.insert(all.end(), kinds.begin(), kinds.end());
    return insert_into(rows, target) + "SELECT * FROM " + unnested(all) + " " +
           rows.conflict_clause;
}

std::string array_trial(const catalogue::StoredStatement& statement, const InsertTarget& target,
                        const std::vector<engine::Kind>& kinds) {
    return "INSERT INTO " + aside_of(statement) + " (" + joined(quoted_columns(target), ", ") +
           ") SELECT * FROM " + unnested(kinds);
}

std::string copy_into(const sql::RowStatement& rows, const InsertTarget& target) {
    return "COPY " + rows.target.quoted() + " (" + stored_columns(rows, target) +
           ") FROM STDIN (FORMAT binary)";
}

RowScript row_script(const catalogue::StoredStatement& statement, const InsertTarget& target) {
    const auto& rows = std::get<sql::RowStatement>(statement.statement.body);
    if (rows.merge) return merge_rounds(statement, rows, target);
    if (rows.keeps_places)
        return DirectInsert{with_places(rows, target, "$1", "$2"),
                            with_places(rows, target, "'{}'", "'{}'")};
    if (rows.on_conflict == sql::OnConflict::update) return in_rounds(statement, rows, target);
    const bool in_order = rows.needs_order || (target.is_outbox && !rows.keeps_order);
    if (!in_order && !rows.uses_now) return DirectInsert{rows.batch_insert};
    return DirectInsert{
        insert_into(rows, target) + "SELECT " + joined(quoted_columns(target, "q."), ", ") +
        " FROM " + collected(rows, target) + " ORDER BY q.tidewheel_seq " + rows.conflict_clause};
}

}  // namespace tidewheel::executor
