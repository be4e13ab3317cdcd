#pragma once
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::cli {

// What another text of a view means to the state that it has.
enum class ViewChange {
    finish,  // it is finished otherwise (HAVING, what is made of the sums): all it holds is right
    source,  // other records count (FROM, WHERE): from now on, or all over again
    state,   // other keys or aggregates: what they would be for the records so far isn't known
};

ViewChange change_of(const sql::ViewStatement& before, const sql::ViewStatement& after);

}  // namespace tidewheel::cli
