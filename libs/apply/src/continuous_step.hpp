#pragma once
#include "deployment_state.hpp"

namespace tidewheel::apply {

// A continuous statement, INSERT or view: created, changed, or taken as it is. Throws
// sql::PipelineError where the relation that it stores into was dropped.
void deploy_continuous(DeploymentState& deployment, const Change& change, Deployed& done);

}  // namespace tidewheel::apply
