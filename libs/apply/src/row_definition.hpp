#pragma once
#include "deployment_state.hpp"

// The continuous INSERTs of a deployment.
namespace tidewheel::apply {

// Which table the INSERT means, by the search path of today. Throws sql::PipelineError: none.
void resolve_table(DeploymentState& deployment, sql::Statement& statement);

// Checks a new one in the forms in which the services will run it. Throws sql::PipelineError.
void define_rows(DeploymentState& deployment, const catalogue::StoredStream& stream,
                 catalogue::StoredStatement& stored, Deployed& done);

}  // namespace tidewheel::apply
