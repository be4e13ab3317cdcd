#include "tidewheel/catalogue/state_table.hpp"

#include "tidewheel/core/text.hpp"

namespace tidewheel::catalogue {

std::vector<std::string> key_columns(const sql::ViewStatement& view) {
    std::vector<std::string> columns;
    for (const sql::Key& key : view.keys)
        columns.push_back(key.column);
    if (columns.empty()) columns.push_back(only_key);
    return columns;
}

std::string source_of(const sql::ViewStatement& view) {
    return " FROM " + view.from + (view.where.empty() ? "" : " WHERE " + view.where);
}

namespace {

// The keys and the partial states, as a relation.
std::string groups(const sql::ViewStatement& view) {
    std::vector<std::string> select, group;
    for (const sql::Key& key : view.keys) {
        select.push_back(key.expression + " AS " + key.column);
        group.push_back(std::to_string(group.size() + 1));
    }
    if (view.keys.empty()) select.push_back(std::string("true AS ") + only_key);
    for (const sql::Partial& partial : view.partials)
        select.push_back(partial.expression + " AS " + partial.column);
    return "SELECT " + joined(select, ", ") + source_of(view) +
           (group.empty() ? "" : " GROUP BY " + joined(group, ", "));
}

// Beside them, the columns of what is kept, all NULL.
std::string groups_and_kept(const sql::ViewStatement& view) {
    std::vector<std::string> values;
    for (const sql::KeptValues& kept : view.kept)
        for (const sql::Key& value : kept.values)
            values.push_back(value.expression + " AS " + value.column);
    return "SELECT tidewheel_a.*, 0::smallint AS kept, NULL::integer AS kept_partition, "
           "NULL::bigint AS kept_offset, NULL::bigint AS kept_row, NULL::bigint AS kept_count" +
           std::string(values.empty() ? "" : ", tidewheel_b.*") + " FROM (" + groups(view) +
           ") tidewheel_a" +
           (values.empty() ? ""
                           : " LEFT JOIN (SELECT " + joined(values, ", ") + source_of(view) +
                                 ") tidewheel_b ON false");
}

// The number of a group, by which its values are found: NULL is a key, and no index finds what IS
// NOT DISTINCT FROM. Two groups may have the same one.
std::string group_number(const sql::ViewStatement& view) {
    if (view.keys.empty()) return "bigint DEFAULT 0";
    return "bigint GENERATED ALWAYS AS (pg_catalog.hash_record_extended(ROW(" +
           joined(key_columns(view), ", ") + "), 0)) STORED";
}

void add_kept_ddl(const sql::ViewStatement& view, const std::string& table,
                  std::vector<std::string>& ddl) {
    ddl.push_back("ALTER TABLE " + table + " ADD COLUMN kept_group " + group_number(view) +
                  ", ALTER COLUMN kept SET DEFAULT 0, ALTER COLUMN kept SET NOT NULL");
    for (std::size_t i = 0; i < view.kept.size(); ++i) {
        const bool by_place = !view.kept[i].by_record.empty();
        const std::string columns = by_place ? "kept_group, kept_partition, kept_offset, kept_row"
                                             : joined(kept_identity(view, view.kept[i]), ", ");
        ddl.push_back(std::string("CREATE ") + (by_place ? "" : "UNIQUE ") + "INDEX ON " + table +
                      " (" + columns + ")" + (by_place ? "" : " NULLS NOT DISTINCT") +
                      " WHERE kept = " + std::to_string(i + 1));
    }
}

// A key may be NULL, so its index can't be the identity.
std::string identified_by_all(const std::string& table) {
    return "ALTER TABLE " + table + " REPLICA IDENTITY FULL";
}

// A native form leaves out the number of the row: it makes one of a record.
std::vector<std::string> rows_ddl(const sql::KeptRows& rows, const std::string& table) {
    std::vector<std::string> names{"tidewheel_seq"}, values;
    for (const sql::Key& value : rows.values) {
        names.push_back(value.column);
        values.push_back("q." + value.column);
    }
    return {"CREATE TABLE " + table +
                " AS SELECT 0 AS tidewheel_partition, 0::bigint AS tidewheel_offset, 1 AS "
                "tidewheel_row, " +
                joined(values, ", ") + " FROM (" + rows.by_record + ") q (" + joined(names, ", ") +
                ")",
            "ALTER TABLE " + table +
                " ALTER COLUMN tidewheel_partition SET NOT NULL, ALTER COLUMN tidewheel_offset SET "
                "NOT NULL, ALTER COLUMN tidewheel_row SET NOT NULL, ALTER COLUMN tidewheel_row SET "
                "DEFAULT 1",
            identified_by_all(table)};
}

}  // namespace

std::vector<std::string> kept_identity(const sql::ViewStatement& view,
                                       const sql::KeptValues& kept) {
    std::vector<std::string> columns{"kept_group"};
    for (const std::string& key : key_columns(view))
        columns.push_back(key);
    for (const sql::Key& value : kept.values)
        columns.push_back(value.column);
    return columns;
}

std::string group_index(const sql::ViewStatement& view) {
    return view.kept.empty() ? "" : " WHERE kept = 0";
}

std::vector<std::string> state_ddl(const sql::ViewStatement& view, const std::string& state_table) {
    if (view.rows) return rows_ddl(*view.rows, state_table);
    std::vector<std::string> ddl{"CREATE TABLE " + state_table + " WITH (fillfactor = 70) AS " +
                                     (view.kept.empty() ? groups(view) : groups_and_kept(view)),
                                 "CREATE UNIQUE INDEX ON " + state_table + " (" +
                                     joined(key_columns(view), ", ") + ") NULLS NOT DISTINCT" +
                                     group_index(view),
                                 identified_by_all(state_table)};
    if (!view.kept.empty()) add_kept_ddl(view, state_table, ddl);
    return ddl;
}

}  // namespace tidewheel::catalogue
