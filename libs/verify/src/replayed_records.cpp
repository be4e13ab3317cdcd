#include "replayed_records.hpp"

#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Session;

namespace {

std::vector<std::string> column_names(Session& session, const sql::RelationName& relation) {
    std::vector<std::string> names;
    for (const auto& row :
         session.run("SELECT attname FROM pg_attribute WHERE attrelid = " + regclass(relation) +
                     " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"))
        names.push_back(row.text(0));
    return names;
}

std::string before_ends(const PartitionEnds& ends) {
    std::vector<std::string> ranges;
    for (const auto& [partition, bound] : ends)
        ranges.push_back("(tidewheel_partition = " + std::to_string(partition) +
                         " AND tidewheel_offset < " + std::to_string(bound) + ")");
    return ranges.empty() ? "false" : "(" + joined(ranges, " OR ") + ")";
}

// The record g of tidewheel_good is no dead letter that the statement missed, and was not skipped
// by a reset.
std::string was_applied(const catalogue::StoredStream& stream,
                        const catalogue::StoredStatement& statement) {
    const std::string id = std::to_string(statement.id);
    const std::string here = " AND topic = " + quote_literal(stream.stream.topic) +
                             " AND partition = g.tidewheel_partition AND ";
    return "NOT EXISTS (SELECT FROM tidewheel.dead_letters d JOIN pg_temp.tidewheel_raw r USING "
           "(partition, \"offset\") WHERE missed_by @> ARRAY[" +
           id + "]" + here + "\"offset\" = g.tidewheel_offset AND " + of_this_record +
           ") AND NOT EXISTS (SELECT FROM tidewheel.skipped WHERE "
           "statement_id = " +
           id + here + "begin_offset <= g.tidewheel_offset AND end_offset > g.tidewheel_offset)";
}

}  // namespace

std::string prefixed(const std::string& prefix, const std::vector<std::string>& names,
                     const std::string& between) {
    std::vector<std::string> all;
    for (const std::string& name : names)
        all.push_back(prefix + quote_name(name));
    return joined(all, between);
}

std::string regclass(const sql::RelationName& name) {
    return quote_literal(name.quoted()) + "::regclass";
}

std::vector<std::string> filled_columns(Session& session, const sql::RowStatement& rows) {
    if (rows.merge || !rows.target_columns.empty()) return rows.target_columns;
    std::vector<std::string> names = column_names(session, rows.target);
    const std::size_t width =
        session.run("SELECT * FROM (" + rows.record_select + ") q LIMIT 0").columns.size() - 1;
    names.resize(std::min(names.size(), width));
    return names;
}

void open_records(Session& session, const catalogue::StoredStream& stream,
                  const std::string& condition) {
    std::vector<std::string> names;
    for (const auto& column : stream.schema.columns)
        names.push_back(column.name);
    session.run("CREATE OR REPLACE TEMP VIEW tidewheel_records AS SELECT " + prefixed("g.", names) +
                ", (tidewheel_partition::bigint << 48) + tidewheel_offset AS tidewheel_seq, "
                "tidewheel_timestamp FROM pg_temp.tidewheel_good g WHERE " +
                condition);
    session.run("CREATE OR REPLACE TEMP VIEW " + quote_name(stream.stream.name.name) +
                " AS SELECT " + prefixed("", names) + " FROM pg_temp.tidewheel_records");
}

void open_applied_records(Session& session, const catalogue::StoredStream& stream,
                          const catalogue::StoredStatement& statement, const PartitionEnds& ends) {
    open_records(session, stream, before_ends(ends) + " AND " + was_applied(stream, statement));
}

void close_records(Session& session) {
    session.run("DROP VIEW pg_temp.tidewheel_records CASCADE");
}

}  // namespace tidewheel::verify
