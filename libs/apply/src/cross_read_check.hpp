#pragma once
#include <vector>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/catalogue/catalogue.hpp"

namespace tidewheel::apply {

// Of all that will run, applied now or before. Statements of one stream go through a batch one
// after the other, so what one of them read of another's table, or of its own, would depend on
// where batches begin. Throws sql::PipelineError for the first that does, be it through views.
void require_independence(postgres::Transaction& transaction, const PipelineFiles& files,
                          const std::vector<catalogue::StoredStatement>& statements);

}  // namespace tidewheel::apply
