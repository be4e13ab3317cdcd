#pragma once
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::apply {

// What another text of a view means to the state that it has.
enum class ViewDiff {
    finish,  // another result of the same state (HAVING, what is made of the sums)
    source,  // other records count (FROM, WHERE): new records only, or all from the start
    state,   // other keys or aggregates, unknown for the records so far
};

ViewDiff diff_views(const sql::ViewStatement& before, const sql::ViewStatement& after);

}  // namespace tidewheel::apply
