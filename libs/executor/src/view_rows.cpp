#include "tidewheel/executor/view_rows.hpp"

namespace tidewheel::executor {

bool is_of_rows(const catalogue::StoredStatement& statement) {
    const auto* view = std::get_if<sql::ViewStatement>(&statement.statement.body);
    return view && view->rows;
}

catalogue::StoredStatement as_insert(const catalogue::StoredStatement& view) {
    const sql::KeptRows& kept = *std::get<sql::ViewStatement>(view.statement.body).rows;
    sql::RowStatement rows;
    rows.target = sql::qualified_name(view.state_table).value();
    for (const sql::Key& value : kept.values)
        rows.target_columns.push_back(value.column);
    rows.record_select = kept.by_record;
    rows.keeps_places = true;
    catalogue::StoredStatement insert = view;
    insert.statement.body = std::move(rows);
    return insert;
}

}  // namespace tidewheel::executor
