#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::apply {

enum class ChangeKind {
    create,     // not in the catalogue yet
    change,     // in the catalogue with another text, that can be replaced while it runs
    unchanged,  // the same text, but for white space and comments
    restore,    // unchanged but dropped: created again, since nothing is lost with it
    // Harmless to run again (COMMENT, GRANT, OR REPLACE), and it changed, or what it is about is
    // new.
    repeat,
};

struct Change {
    sql::Statement statement;
    ChangeKind kind;
    std::string object;  // plain statements: their key in the catalogue
    std::string before;  // the text that was applied; empty: none
};

// Unqualified streams live in `schema`.
sql::RelationName qualified(const sql::RelationName& name, const std::string& schema);

// The pipeline against the catalogue, pure. Unqualified streams live in `schema`. Throws
// sql::PipelineError with every statement that differs from what was applied in a way that can't be
// changed.
std::vector<Change> compare(const sql::Pipeline& pipeline,
                            const catalogue::CatalogueRows& catalogue_rows,
                            const PipelineFiles& files, const std::string& schema);

// What to do instead of changing it.
std::string hint_to_replace(const catalogue::AppliedStatement& applied,
                            const catalogue::CatalogueRows& catalogue_rows);

// Everything that came from these files and is no longer in them: what happens to it, and what
// `tidewheel drop` would do.
std::vector<std::string> describe_removed(const std::vector<Change>& changes,
                                          const catalogue::CatalogueRows& catalogue_rows,
                                          const PipelineFiles& files, const std::string& schema);

}  // namespace tidewheel::apply
