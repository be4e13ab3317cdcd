#include "tidewheel/changefeed/snapshot_request.hpp"

#include <algorithm>

#include "feed_plan.hpp"
#include "position.hpp"
#include "tidewheel/catalogue/change_slot.hpp"
#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/postgres/replication.hpp"

namespace tidewheel::changefeed {
namespace {

constexpr std::chrono::seconds longest_wait{30};

FeedPlan plan_of(postgres::Connection& database, const std::string& stream) {
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(database);
    std::vector<std::string> labels;
    const std::vector<FeedPlan> plans = feed_plans(database, catalogue);
    for (const FeedPlan& each : plans)
        labels.push_back(each.label);
    const std::string label = sql::find_label(labels, stream, catalogue.search_path);
    const auto found = std::ranges::find(plans, label, &FeedPlan::label);
    if (found == plans.end())
        throw Error(Error::Kind::setting, "no stream " + stream + " has the option changes_of",
                    "tidewheel plan lists what was applied.");
    return *found;
}

}  // namespace

// In this order: once the position says it, every service that finds the slot gone makes another.
std::string request_snapshot(const Settings& settings, const std::string& stream) {
    const auto database = catalogue::Database(settings.database, "tidewheel snapshot").connect();
    const FeedPlan plan = plan_of(*database, stream);
    postgres::ReplicationConnection replication(settings.database, "tidewheel snapshot");
    kafka::ClientSettings kafka;
    kafka.brokers = settings.kafka;
    kafka.options = settings.kafka_options;
    const auto began = Clock::system().now();
    kafka::TransactionalWriter writer(
        kafka, writer_of(plan, settings.group, replication.system_identifier()), [&] {
            if (Clock::system().now() - began > longest_wait)
                throw Error(Error::Kind::unavailable, "Kafka does not answer");
        });
    writer.open();
    writer.begin();
    writer.commit({0, Position{true, 0, 0}.text()});
    catalogue::drop_slot(*database, plan.slot);
    return plan.label;
}

}  // namespace tidewheel::changefeed
