#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/ledger.hpp"
#include "cli/pipeline_files.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::cli {

enum class Verdict {
    create,     // not in the catalogue yet
    unchanged,  // the same text, but for white space and comments
    repeat,     // harmless to run again (COMMENT, GRANT, OR REPLACE), and it changed or what it is
                // about is new
};

struct Change {
    sql::Statement statement;
    Verdict verdict;
    std::string object;  // plain statements: their key in the catalogue
};

// The pipeline against the catalogue, pure. Unqualified streams live in `schema`. Throws
// sql::PipelineError with every statement that differs from what was applied.
std::vector<Change> compare(const sql::Pipeline& pipeline, const Ledger& ledger,
                            const PipelineFiles& files, const std::string& schema);

// Everything that came from these files and is no longer there: what happens to it, and what
// `tidewheel drop` would do.
std::vector<std::string> describe_removed(const std::vector<Change>& changes, const Ledger& ledger,
                                          const PipelineFiles& files, const std::string& schema);

}  // namespace tidewheel::cli
