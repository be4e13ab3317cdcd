#pragma once
#include "deployment_state.hpp"

namespace tidewheel::apply {

// Makes the outbox of the stream that the statement writes to, if it has none. A statement of
// another target: nothing.
void prepare_outbox(DeploymentState& deployment, const sql::Statement& statement);

// A stream that statements write to has changed: its outbox follows, or the change is refused.
void change_outbox(DeploymentState& deployment, const sql::Statement& change,
                   const catalogue::StoredStream& before, const catalogue::StoredStream& after);

// Refuses statements whose records would go round for ever.
void require_no_cycle(const PipelineFiles& files, const catalogue::Catalogue& catalogue);

// CREATE TABLE of the outbox: what of the stream can be written, with the stream's own rules.
std::string outbox_ddl(const sql::Stream& stream);

}  // namespace tidewheel::apply
