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

std::vector<std::string> state_ddl(const sql::ViewStatement& view, const std::string& state_table) {
    std::vector<std::string> select, group;
    for (const sql::Key& key : view.keys) {
        select.push_back(key.expression + " AS " + key.column);
        group.push_back(std::to_string(group.size() + 1));
    }
    if (view.keys.empty()) select.push_back(std::string("true AS ") + only_key);
    for (const sql::Partial& partial : view.partials)
        select.push_back(partial.expression + " AS " + partial.column);
    return {"CREATE TABLE " + state_table + " WITH (fillfactor = 70) AS SELECT " +
                joined(select, ", ") + source_of(view) +
                (group.empty() ? "" : " GROUP BY " + joined(group, ", ")),
            "CREATE UNIQUE INDEX ON " + state_table + " (" + joined(key_columns(view), ", ") +
                ") NULLS NOT DISTINCT",
            // A key may be NULL, so its index can't be the identity.
            "ALTER TABLE " + state_table + " REPLICA IDENTITY FULL"};
}

}  // namespace tidewheel::catalogue
