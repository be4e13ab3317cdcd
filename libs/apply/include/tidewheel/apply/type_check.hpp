#pragma once
#include <string>
#include <vector>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/catalogue/catalogue.hpp"

// PostgreSQL is the type checker: each statement is tried in the very forms in which the services
// will run it.
namespace tidewheel::apply {

struct ResultColumn {
    std::string name, type;
    bool operator==(const ResultColumn&) const = default;
};

// The stream's empty stage (stage.hpp), for statements to be tried over.
void open_stage(postgres::Transaction& transaction, const catalogue::StoredStream& stream);
void close_stage(postgres::Transaction& transaction);

// All of these throw sql::PipelineError at the place in the file. Everything they make is undone.
// An INSERT's own text, over the stream itself.
void check_text(postgres::Transaction& transaction, const PipelineFiles& files,
                const sql::Statement& statement, const sql::RelationName& stream);
// What services will run of it.
void check_rows(postgres::Transaction& transaction, const PipelineFiles& files,
                const catalogue::StoredStream& stream, const catalogue::StoredStatement& statement);
// The columns that the definition has as a real materialized view.
std::vector<ResultColumn> check_view(postgres::Transaction& transaction, const PipelineFiles& files,
                                     const sql::Statement& statement);

// Has PostgreSQL resolve the statement, by the transaction's search path, and makes its parts out
// of that. `streams`: all that there are. It was checked before.
void settle_names(postgres::Transaction& transaction, const PipelineFiles& files,
                  catalogue::StoredStatement& stored, const std::vector<sql::Stream>& streams);

// Views of one stream, in the passes that they share, over the open stage; `statement` is the one
// that is to blame.
void check_passes(postgres::Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement,
                  const std::vector<const catalogue::StoredStatement*>& views);

std::vector<ResultColumn> columns_of(postgres::Transaction& transaction,
                                     const std::string& relation);  // quoted name

}  // namespace tidewheel::apply
