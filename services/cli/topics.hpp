#pragma once
#include <map>
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

struct TopicReport {
    std::vector<MissingTopic> missing;            // to be made
    std::map<std::string, std::string> warnings;  // by the stream's statement
};

// The topics of the pipeline's streams. Throws sql::PipelineError where a new stream reads a topic
// that has a stream already (a record's stream is told by its topic), where a topic has another
// number of partitions than its stream says, where a topic is gone although records of it were
// applied, or where the brokers would not create a missing one. Partitions that were added under a
// stream that is applied already are only worth a warning: services read them.
TopicReport examine_topics(postgres::Transaction& transaction, kafka::Admin& admin,
                           const std::vector<Change>& changes, const Ledger& ledger,
                           const PipelineFiles& files);

}  // namespace tidewheel::cli
