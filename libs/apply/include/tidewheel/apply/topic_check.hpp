#pragma once
#include <map>
#include <string>
#include <vector>

#include "tidewheel/apply/pipeline_diff.hpp"
#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/kafka/admin.hpp"

namespace tidewheel::apply {

struct MissingTopic {
    std::string topic;
    int partitions, replication;
};

struct TopicReport {
    std::vector<MissingTopic> missing;            // to be made
    std::map<std::string, std::string> warnings;  // by the stream's statement
};

// The topics of the pipeline's streams, of which unqualified ones live in `schema`; several may
// have one. Throws sql::PipelineError where a topic has another number of partitions than its
// stream says, where a topic is missing although records of it were applied, or where a missing one
// can't be made: the brokers would not, or its streams say different things of it. Partitions that
// were added under a stream that is applied already are only worth a warning: services read them.
TopicReport examine_topics(postgres::Transaction& transaction, kafka::Admin& admin,
                           const std::vector<Change>& changes,
                           const catalogue::CatalogueRows& catalogue_rows,
                           const PipelineFiles& files, const std::string& schema);

}  // namespace tidewheel::apply
