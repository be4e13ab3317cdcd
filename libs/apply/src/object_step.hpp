#pragma once
#include "deployment_state.hpp"

namespace tidewheel::apply {

// A plain statement of a pipeline (CREATE TABLE, GRANT, CREATE INDEX …): run where the catalogue
// doesn't have its object yet, or where it was dropped and holds nothing of its own.
void deploy_object(DeploymentState& deployment, const Change& change, Deployed& done);

}  // namespace tidewheel::apply
