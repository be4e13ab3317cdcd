#pragma once
#include "deployment_state.hpp"

namespace tidewheel::apply {

// A stream with the option changes_of, which was just made or changed: its table can be followed,
// and has a publication, which is made where it is missing. Throws sql::PipelineError with what
// somebody else has to do.
void deploy_changes(DeploymentState& deployment, const sql::Statement& statement,
                    const catalogue::StoredStream& stored, Deployed& done);
// Throws sql::PipelineError: another table would need another slot, and another snapshot.
void require_same_changes(const PipelineFiles& files, const sql::Statement& statement,
                          const catalogue::StoredStream& before,
                          const catalogue::StoredStream& after);

}  // namespace tidewheel::apply
