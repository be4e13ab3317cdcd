#pragma once
#include <string>
#include <vector>

#include "cli/pipeline_files.hpp"
#include "tidewheel/postgres/catalogue.hpp"

// PostgreSQL is the type checker: each statement is tried in the very forms in which the services
// will run it.
namespace tidewheel::cli {

struct ResultColumn {
    std::string name, type;
    bool operator==(const ResultColumn&) const = default;
};

// The stream’s empty stage (pushdown.hpp), for statements to be tried over.
void open_stage(postgres::Transaction& transaction, const postgres::StoredStream& stream);
void close_stage(postgres::Transaction& transaction);

// All of these throw sql::PipelineError at the place in the file. Everything they make is undone.
void check_rows(postgres::Transaction& transaction, const PipelineFiles& files,
                const postgres::StoredStream& stream, const postgres::StoredStatement& statement);
// The columns that the definition has as a real materialized view.
std::vector<ResultColumn> check_view(postgres::Transaction& transaction, const PipelineFiles& files,
                                     const sql::Statement& statement);

// A stream that was just made: its CHECKs must say the same at every replay.
void check_stream(postgres::Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement, const sql::RelationName& stream);
// Views of one stream, in the passes that they share, over the open stage; `statement` is the one
// that is to blame.
void check_passes(postgres::Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement,
                  const std::vector<const postgres::StoredStatement*>& views);

std::vector<ResultColumn> columns_of(postgres::Transaction& transaction,
                                     const std::string& relation);  // quoted name

}  // namespace tidewheel::cli
