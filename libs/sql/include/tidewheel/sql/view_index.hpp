#pragma once
#include <string>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// A CREATE INDEX on a view, as the one on its state table: columns of the view become what they are
// made of there. Throws PipelineError, with positions in `text`, for what a state table can't have.
std::string index_on_state(const std::string& text, const ViewStatement& view,
                           const std::string& state_table, const std::string& index);

}  // namespace tidewheel::sql
