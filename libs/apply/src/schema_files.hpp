#pragma once
#include <optional>
#include <string>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::apply {

// The text of a pipeline file with the content of each file that a stream names in its option
// schema in the place of the path: the catalogue holds the schemas themselves, which services need
// on any machine. nullopt: no stream names one. Paths are relative to the pipeline file. Throws Error
// (setting) when a file can't be read; pipeline, when it holds no schema of a record.
std::optional<std::string> with_schemas(const PipelineFile& file, const sql::Pipeline& pipeline);

}  // namespace tidewheel::apply
