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
    change,     // in the catalogue with another text, that can be replaced while it runs
    unchanged,  // the same text, but for white space and comments
    repeat,     // harmless to run again (COMMENT, GRANT, OR REPLACE), and it changed or what it is
                // about is new
};

struct Change {
    sql::Statement statement;
    Verdict verdict;
    std::string object;  // plain statements: their key in the catalogue
};

// Unqualified streams live in `schema`.
sql::RelationName qualified(const sql::RelationName& name, const std::string& schema);

// The pipeline against the catalogue, pure. Unqualified streams live in `schema`. Throws
// sql::PipelineError with every statement that differs from what was applied in a way that can't be
// changed.
std::vector<Change> compare(const sql::Pipeline& pipeline, const Ledger& ledger,
                            const PipelineFiles& files, const std::string& schema);

// What to do instead of changing it.
std::string hint_to_replace(const AppliedStatement& applied, const Ledger& ledger);

// Everything that came from these files and is no longer there: what happens to it, and what
// `tidewheel drop` would do.
std::vector<std::string> describe_removed(const std::vector<Change>& changes, const Ledger& ledger,
                                          const PipelineFiles& files, const std::string& schema);

}  // namespace tidewheel::cli
