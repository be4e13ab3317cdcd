#pragma once
#include "deployment_state.hpp"
#include "tidewheel/apply/pipeline_diff.hpp"
#include "tidewheel/sql/sink.hpp"

namespace tidewheel::apply {

// What only a sink of SERVER files has to fulfil. Throws sql::PipelineError.
void check_files_sink(DeploymentState& deployment, const Change& change, const sql::Sink& sink);

}  // namespace tidewheel::apply
