#pragma once
#include <string>
#include <vector>

#include "cli/pipeline_files.hpp"
#include "cli/type_check.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {

// tidewheel.state_<name>, quoted; by number where the name is too long for that.
std::string state_table_name(const std::string& statement, int id);

// SELECT … FROM (select), with the names and types of these columns.
std::string cast_to(const std::vector<ResultColumn>& columns, const std::string& select);

// Makes the state table and the view that users read, with exactly the columns of the definition.
// `others` are the stream's views so far, with which it may share a pass. Returns warnings. Throws
// sql::PipelineError where PostgreSQL says no.
std::vector<std::string> create_view(postgres::Transaction& transaction, const PipelineFiles& files,
                                     const postgres::StoredStream& stream,
                                     const postgres::StoredStatement& statement,
                                     std::vector<const postgres::StoredStatement*> others);

}  // namespace tidewheel::cli
