#pragma once
#include "deployment_state.hpp"
#include "tidewheel/apply/pipeline_diff.hpp"

namespace tidewheel::apply {

// CREATE FOREIGN TABLE of a sink: its outbox is made, or its options change.
void deploy_sink(DeploymentState& deployment, const Change& change, Deployed& done);
// A statement that writes to a sink: rows that were delivered are gone, so nothing can conflict.
void check_rows_of_sink(const DeploymentState& deployment, const sql::Statement& statement);

}  // namespace tidewheel::apply
