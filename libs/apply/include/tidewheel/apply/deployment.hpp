#pragma once
#include <optional>

#include "tidewheel/apply/deployment_report.hpp"
#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/catalogue/share.hpp"
#include "tidewheel/kafka/admin.hpp"

namespace tidewheel::apply {

struct DeploymentOptions {
    bool rebuild = false;  // recompute from the topic what changes, or changed earlier
    bool allow_truncated_topic = false;  // even if a topic has lost records
    // Of the topics' partitions; none: the one that the database has.
    std::optional<catalogue::Share> share = {};
    bool dry_run = false;  // the caller rolls back: no statement is fenced
};

// Throws Error (refused) where `tidewheel init` has not been run.
//
// Brings the database to what the files say, inside the caller's transaction: catalogue, streams,
// tables, views, statements. Nothing is visible before the caller commits; missing topics are the
// caller's to create. Statements that change are fenced. Throws sql::PipelineError with every
// mistake that can be told apart; then the transaction must be rolled back.
DeploymentReport deploy(postgres::Transaction& transaction, kafka::Admin& admin,
                        const PipelineFiles& files, const DeploymentOptions& options);

}  // namespace tidewheel::apply
