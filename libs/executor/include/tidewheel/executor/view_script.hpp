#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"

namespace tidewheel::executor {

// Fills the state tables of views that share FROM and WHERE, in one pass over the batch. Returns
// one row: for each view, in order, how many of its rows changed; then how many groups of the pass
// belong to no view. That must be 0: otherwise PostgreSQL takes two keys for the same that are
// spelled differently here (t.store and store), and the views must go one by one.
std::string view_script(const std::vector<const catalogue::StoredStatement*>& views);

// Merges groups into a view's state: one array a column as $1, $2, …, the keys first, then the
// partials; `kinds` of their elements.
std::string view_upsert(const catalogue::StoredStatement& view,
                        const std::vector<engine::Kind>& kinds);

// The views of a stream in groups that can share a pass; those of rows are in none.
std::vector<std::vector<const catalogue::StoredStatement*>> share_passes(
    const std::vector<const catalogue::StoredStatement*>& views);

}  // namespace tidewheel::executor
