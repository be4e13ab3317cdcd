#pragma once
#include <optional>
#include <string>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/apply/view_definition.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"

// Indexes that a pipeline declares on a view. They stand on its state table and go with it; the
// catalogue knows them as objects of the view (tidewheel.objects.statement_id).
namespace tidewheel::apply {

// The view by its definition in the catalogue, if the name means one to PostgreSQL.
std::optional<ViewDefinition> indexed_view(postgres::Transaction& transaction,
                                           const sql::RelationName& name);

// Makes the index on the view's state table. Throws sql::PipelineError at the place in the file.
void create_view_index(postgres::Transaction& transaction, const PipelineFiles& files,
                       const sql::Statement& statement, const std::string& object,
                       const ViewDefinition& view);

// Gives a state table of the view the indexes that the catalogue knows, by the view's definition,
// and removes those that it had by another one. Throws Error (refused) where the definition
// lacks what an index needs.
void settle_view_indexes(postgres::Transaction& transaction, const ViewDefinition& view,
                         const std::string& state_table);

// The same during a deployment: an index on what the view no longer has is the view's mistake.
// Throws sql::PipelineError.
void settle_view_indexes(postgres::Transaction& transaction, const PipelineFiles& files,
                         const ViewDefinition& view, const std::string& state_table);

bool has_view_index(postgres::Transaction& transaction, const catalogue::AppliedStatement& view,
                    const std::string& object);

// DROP INDEX of the one that stands for this object on the state table.
std::string drop_view_index(const std::string& state_table, const std::string& object);

}  // namespace tidewheel::apply
