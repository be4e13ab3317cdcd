#pragma once
#include <string>
#include <vector>

#include "cli/changes.hpp"
#include "cli/ledger.hpp"
#include "cli/pipeline_files.hpp"
#include "cli/topics.hpp"
#include "cli/view_creation.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {

struct Deployed {
    sql::Statement statement;
    Verdict verdict;
    std::vector<std::string> warnings;
};

// What a changed pipeline asks for that takes time. The deployment has tried it; it is carried out
// behind its commit, while the services run.
struct Recomputation {
    std::vector<ViewDefinition> views;  // to be computed anew, by these definitions
    std::vector<std::string> rows;      // statements that are to read their topic again
};

struct DeploymentOptions {
    bool rebuild = false;  // what is changed, or was, is computed anew: not only from now on
    bool from_what_is_left = false;  // though a topic has lost its beginning
    bool dry_run = false;            // the caller rolls back: no statement is fenced off
};

// What a deployment did, or would do.
struct DeploymentReport {
    std::vector<Deployed> statements;
    std::vector<std::string> removed;
    std::vector<std::string> notes;                     // what else a reader should know
    std::vector<MissingTopic> topics;                   // made, or to be made
    std::vector<postgres::StoredStream> streams;        // of the pipeline, and those that it reads
    std::vector<postgres::StoredStatement> continuous;  // of the pipeline
    std::string schema;                                 // where unqualified streams are declared
    Recomputation recomputation;
    bool changed = false;
};

// Brings the database to what the files say, inside the caller's transaction: catalogue, streams,
// tables, views, statements. Nothing is visible before the caller commits; missing topics are the
// caller's to make. Statements that change are fenced off. Throws sql::PipelineError with every
// mistake that can be told apart, and then the transaction has to be rolled back.
DeploymentReport deploy(postgres::Transaction& transaction, kafka::Admin& admin,
                        const PipelineFiles& files, const DeploymentOptions& options);

}  // namespace tidewheel::cli
