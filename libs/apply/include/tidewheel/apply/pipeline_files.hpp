#pragma once
#include <string>
#include <vector>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::apply {

struct PipelineFile {
    std::string path;  // as messages show it and the catalogue remembers it
    std::string text;
};

struct PipelineFiles {
    std::vector<PipelineFile> files;

    std::string described() const;  // "a.sql, b.sql"
    bool contains(const std::string& path) const;
    // For messages; empty when there is none.
    std::string line(const std::string& path, int number) const;
};

// Reads files, and folders' *.sql in the order of their names. Throws Error (setting) when one is
// missing, or a folder has none.
PipelineFiles read_pipeline_files(const std::vector<std::string>& paths);

// All of them as one pipeline; streams of earlier files and `known` ones may be read by later
// files. Throws sql::PipelineError with everything that is wrong in any of them.
sql::Pipeline parse_files(const PipelineFiles& files, std::vector<sql::Stream> known,
                          const sql::Scope& scope = {});

// A warning for each file that has none: it is empty, or all of it is comments.
std::vector<std::string> files_without_statement(const PipelineFiles& files,
                                                 const sql::Pipeline& pipeline);

}  // namespace tidewheel::apply
