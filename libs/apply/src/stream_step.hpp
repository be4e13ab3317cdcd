#pragma once
#include "deployment_state.hpp"

// A deployment's streams: declared, changed, and restored where their foreign table was dropped.
namespace tidewheel::apply {

// Those that the catalogue has, for whatever reads them.
void load_streams(DeploymentState& deployment);
void deploy_stream(DeploymentState& deployment, const Change& change, Deployed& done);
// The one that the statement reads. Throws sql::PipelineError: there is none.
const catalogue::StoredStream& stream_of(DeploymentState& deployment,
                                         const sql::Statement& statement);

}  // namespace tidewheel::apply
