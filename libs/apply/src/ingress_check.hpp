#pragma once
#include <vector>

#include "tidewheel/apply/pipeline_diff.hpp"
#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/catalogue/catalogue.hpp"

// Both throw sql::PipelineError at the place in the file.
namespace tidewheel::apply {

// What tidewheel-ingress or tidewheel-source writes must be able to fill the stream's columns, and to become a key.
void check_ingress(const PipelineFiles& files, const sql::Statement& statement,
                   const catalogue::StoredStream& stream);
// No two streams take records at one path. `streams`: all of the database, as they will be.
void require_own_paths(const PipelineFiles& files, const std::vector<Change>& changes,
                       const std::vector<catalogue::StoredStream>& streams,
                       const std::string& schema);

}  // namespace tidewheel::apply
