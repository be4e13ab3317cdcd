#pragma once
#include <string>
#include <vector>

#include "tidewheel/apply/pipeline_diff.hpp"
#include "tidewheel/apply/topic_check.hpp"
#include "tidewheel/apply/view_definition.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::apply {

struct Deployed {
    sql::Statement statement;
    ChangeKind kind;
    std::vector<std::string> warnings;
    std::string before = {};  // the text that was applied; empty: none
};

// What a changed pipeline asks for that takes time. The deployment has tried it; it is carried out
// after its commit, while the services run.
struct Recomputation {
    std::vector<ViewDefinition> views;  // to be recomputed, by these definitions
    std::vector<std::string> rows;      // statements that are to read their topic again
};

// What a deployment did, or would do.
struct DeploymentReport {
    std::vector<Deployed> statements;
    std::vector<std::string> removed;
    std::vector<std::string> warnings;                   // about files, not statements
    std::vector<std::string> notes;                      // what else a reader should know
    std::vector<MissingTopic> topics;                    // made, or to be made
    std::vector<catalogue::StoredStream> streams;        // of the pipeline, and those that it reads
    std::vector<catalogue::StoredStatement> continuous;  // of the pipeline
    executor::Executions executions;                     // of a dry run
    std::string schema;                                  // where unqualified streams are declared
    Recomputation recomputation;
    bool changed = false;
};

}  // namespace tidewheel::apply
