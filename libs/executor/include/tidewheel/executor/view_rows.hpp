#pragma once
#include "tidewheel/catalogue/catalogue.hpp"

namespace tidewheel::executor {

// Whether it is a view of rows, which runs as an INSERT does.
bool is_of_rows(const catalogue::StoredStatement& statement);
// A view of rows as the INSERT that fills its state table.
catalogue::StoredStatement as_insert(const catalogue::StoredStatement& view);

}  // namespace tidewheel::executor
