#pragma once
#include <vector>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"

namespace tidewheel::apply {

// Better messages for errors over names, by what the database has: unknown names, streams that are
// declared later, names that are taken, relations that landed in the catalogue's schema.
std::vector<sql::Diagnostic> with_names_explained(postgres::Transaction& transaction,
                                                  const PipelineFiles& files,
                                                  const catalogue::CatalogueRows& catalogue_rows,
                                                  const std::vector<sql::Diagnostic>& told);

}  // namespace tidewheel::apply
