#pragma once
#include <string>
#include <vector>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::cli {

struct PipelineFile {
    std::string path;  // as messages show it and the catalogue remembers it
    std::string text;
};

struct PipelineFiles {
    std::vector<PipelineFile> files;

    std::string described() const;  // "a.sql, b.sql"
    bool contains(const std::string& path) const;
    std::string line(const std::string& path,
                     int number) const;  // for messages; empty when there is none
};

// Reads files, and folders' *.sql in the order of their names. Throws Error (setting) when one is
// missing or there is none.
PipelineFiles read_pipeline_files(const std::vector<std::string>& paths);

// All of them as one pipeline; streams of earlier files and `known` ones may be read by later
// files. Throws sql::PipelineError with everything that is wrong in any of them.
sql::Pipeline parse_files(const PipelineFiles& files, std::vector<sql::Stream> known);

}  // namespace tidewheel::cli
