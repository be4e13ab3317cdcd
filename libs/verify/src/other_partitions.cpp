#include "other_partitions.hpp"

#include "replayed_records.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {
namespace {

using postgres::quote_name;
using postgres::Session;

// The columns of each unique index by which rows can be told apart: neither partial nor of
// expressions.
std::vector<std::vector<std::string>> unique_keys(Session& session,
                                                  const sql::RelationName& table) {
    std::vector<std::vector<std::string>> keys;
    std::string index;
    for (const auto& row : session.run(
             "SELECT i.indexrelid, a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = "
             "i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]) WHERE i.indisunique "
             "AND "
             "i.indpred IS NULL AND i.indexprs IS NULL AND i.indrelid = " +
             regclass(table) + " ORDER BY 1, a.attnum")) {
        if (row.text(0) != index) keys.emplace_back();
        index = row.text(0);
        keys.back().push_back(row.text(1));
    }
    return keys;
}

// Every row that the statement would have stored if there had been no other, with the place of its
// record: tidewheel_seq, whose upper bits are the partition.
void make_candidates(Session& session, const Unit& unit, const sql::RowStatement& rows,
                     const std::vector<std::string>& filled) {
    session.run("CREATE TEMP TABLE tidewheel_candidates (LIKE " + unit.expected.stored.quoted() +
                " INCLUDING DEFAULTS INCLUDING GENERATED, tidewheel_seq bigint)");
    session.run("INSERT INTO pg_temp.tidewheel_candidates (tidewheel_seq, " + prefixed("", filled) +
                ") SELECT tidewheel_seq, " + prefixed("q.", filled) + " FROM (" +
                rows.record_select + ") q (tidewheel_seq, " + prefixed("", filled) + ")");
}

std::string row_text(const std::string& relation, const std::vector<ComparedColumn>& columns) {
    std::vector<std::string> names;
    for (const ComparedColumn& column : columns)
        names.push_back(relation + "." + quote_name(column.name));
    return "ROW(" + joined(names, ", ") + ")::text";
}

std::string same_key(const std::string& left, const std::string& right,
                     const std::vector<std::string>& key) {
    std::vector<std::string> parts;
    for (const std::string& column : key)
        parts.push_back(left + "." + quote_name(column) + " = " + right + "." + quote_name(column));
    return joined(parts, " AND ");
}

// How many rows of the counterpart are now those of another partition.
std::size_t take_stored_rows(Session& session, const Unit& unit,
                             const std::vector<std::string>& filled,
                             const std::vector<std::string>& key) {
    session.run("CREATE TEMP TABLE tidewheel_firsts AS SELECT DISTINCT ON (" + prefixed("", key) +
                ", tidewheel_seq >> 48) * FROM pg_temp.tidewheel_candidates ORDER BY " +
                prefixed("", key) + ", tidewheel_seq >> 48, tidewheel_seq");
    std::vector<std::string> values;
    for (const std::string& column : filled)
        values.push_back(quote_name(column) + " = f." + quote_name(column));
    const auto columns = compared_columns(session, unit.expected);
    const std::size_t taken =
        session
            .run("UPDATE " + unit.expected.relation + " e SET " + joined(values, ", ") + " FROM " +
                 unit.expected.stored.quoted() + " s, pg_temp.tidewheel_firsts f WHERE " +
                 same_key("e", "s", key) + " AND " + same_key("e", "f", key) + " AND " +
                 row_text("e", columns) + " <> " + row_text("s", columns) + " AND " +
                 row_text("f", columns) + " = " + row_text("s", columns))
            .affected;
    session.run("DROP TABLE pg_temp.tidewheel_firsts");
    return taken;
}

}  // namespace

bool accept_other_partitions(Session& session, const catalogue::StoredStream& stream,
                             const catalogue::StoredStatement& statement, const PartitionEnds& ends,
                             Unit& unit) {
    const auto* rows = std::get_if<sql::RowStatement>(&statement.statement.body);
    if (!rows || rows->merge || rows->on_conflict != sql::OnConflict::nothing) return false;
    session.run("SET LOCAL search_path = " + statement.search_path);
    open_applied_records(session, stream, statement, ends);
    const std::vector<std::string> filled = filled_columns(session, *rows);
    make_candidates(session, unit, *rows, filled);
    std::size_t taken = 0;
    for (const std::vector<std::string>& key : unique_keys(session, unit.expected.stored))
        taken += take_stored_rows(session, unit, filled, key);
    session.run("DROP TABLE pg_temp.tidewheel_candidates");
    close_records(session);
    if (taken > 0)
        unit.result.notes.push_back(
            plural(static_cast<long long>(taken), "key") +
            " came by several partitions: the first record of any of them may be the one stored");
    return taken > 0;
}

}  // namespace tidewheel::verify
