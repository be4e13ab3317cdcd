#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/kafka/transactional_writer.hpp"
#include "tidewheel/sql/relation_name.hpp"

namespace tidewheel::changefeed {

// One stream with the option changes_of, as its feed needs it.
struct FeedPlan {
    int stream = 0;     // its id
    std::string label;  // its name, in messages and metrics
    sql::RelationName table;
    std::string topic;
    std::string publication, slot;
    std::string database;  // its name
    std::string numbers;   // DATABASE.STREAM, which no other stream of the cluster has
    bool is_paused = false;
    bool operator==(const FeedPlan&) const = default;
};

// Those of a catalogue that was read by this connection.
std::vector<FeedPlan> feed_plans(postgres::Connection& database,
                                 const catalogue::Catalogue& catalogue);

// Under which name the feed writes to Kafka, and in which group its position is. `group`: the
// setting. `system`: of the cluster, so that a copy of the database under another one is another.
kafka::WriterIdentity writer_of(const FeedPlan& plan, const std::string& group,
                                const std::string& system);

}  // namespace tidewheel::changefeed
