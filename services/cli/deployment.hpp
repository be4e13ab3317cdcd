#pragma once
#include <string>
#include <vector>

#include "cli/changes.hpp"
#include "cli/ledger.hpp"
#include "cli/pipeline_files.hpp"
#include "cli/topics.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {

struct Deployed {
    sql::Statement statement;
    Verdict verdict;
    std::vector<std::string> warnings;
};

// What a deployment did, or would do.
struct DeploymentReport {
    std::vector<Deployed> statements;
    std::vector<std::string> removed;
    std::vector<MissingTopic> topics;                   // made, or to be made
    std::vector<postgres::StoredStream> streams;        // of the pipeline, and those that it reads
    std::vector<postgres::StoredStatement> continuous;  // of the pipeline
    std::string schema;                                 // where unqualified streams are declared
    bool changed = false;
};

// Brings the database to what the files say, inside the caller's transaction: catalogue, streams,
// tables, views, statements. Nothing is visible before the caller commits; missing topics are the
// caller's to make. Throws sql::PipelineError with every mistake that can be told apart, and then
// the transaction has to be rolled back.
DeploymentReport deploy(postgres::Transaction& transaction, kafka::Admin& admin,
                        const PipelineFiles& files);

}  // namespace tidewheel::cli
