#pragma once
#include <string>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// What PostgreSQL takes and a continuous statement may not do, looked for in the query trees that
// PostgreSQL has made: they know every function and aggregate, users' own included. `tree`: SQL, a
// SELECT of one column, the trees' text. All throw sql::PipelineError at the place in the file.
namespace tidewheel::apply {

// An INSERT: nothing volatile, and nothing whose result would depend on the batch.
void check_row_tree(postgres::Transaction& transaction, const PipelineFiles& files,
                    const sql::Statement& statement, const sql::RelationName& stream,
                    const std::string& tree);

// A view: nothing volatile, no time of day, no aggregate but those that merge, no set-returning
// function in its SELECT list; one of rows: as an INSERT.
void check_view_tree(postgres::Transaction& transaction, const PipelineFiles& files,
                     const sql::Statement& statement, const std::string& tree);

// The CHECKs of a stream: immutable, for whether a record is good may not change.
void check_constraint_tree(postgres::Transaction& transaction, const PipelineFiles& files,
                           const sql::Statement& statement, const std::string& tree);

}  // namespace tidewheel::apply
