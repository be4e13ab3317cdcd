#pragma once
#include <string>
#include <vector>

#include "cli/changes.hpp"
#include "cli/pipeline_files.hpp"
#include "tidewheel/kafka/admin.hpp"

namespace tidewheel::cli {

struct MissingTopic {
    std::string topic;
    int partitions, replication;
};

// The topics of the pipeline's streams that don't exist yet. Throws sql::PipelineError where an
// existing topic has another number of partitions than its stream says, or where a topic is gone
// although records of it were applied.
std::vector<MissingTopic> examine_topics(postgres::Transaction& transaction, kafka::Admin& admin,
                                         const std::vector<Change>& changes,
                                         const PipelineFiles& files);

}  // namespace tidewheel::cli
