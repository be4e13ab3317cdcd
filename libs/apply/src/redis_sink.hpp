#pragma once
#include "deployment_state.hpp"
#include "tidewheel/apply/pipeline_diff.hpp"
#include "tidewheel/sql/sink.hpp"

namespace tidewheel::apply {

// What only a sink of SERVER redis has to fulfil. Throws sql::PipelineError.
void check_redis_sink(DeploymentState& deployment, const Change& change, const sql::Sink& sink);
// Its table is there: a new one will keep the newest row of each key.
void complete_redis_sink(DeploymentState& deployment, const Change& change, const sql::Sink& sink,
                         const sql::RelationName& name);

}  // namespace tidewheel::apply
