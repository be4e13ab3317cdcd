#pragma once
#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// Both throw sql::PipelineError at the place in the file.
namespace tidewheel::apply {

// A stream that was just made: its CHECKs must say the same at every replay.
void check_stream(postgres::Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement, const sql::RelationName& stream);
// …and what it takes from beside the value must fit its columns at all.
void check_sources(const PipelineFiles& files, const sql::Statement& statement,
                   const engine::Schema& schema);

}  // namespace tidewheel::apply
