#include "feed_plan.hpp"

#include "tidewheel/catalogue/change_slot.hpp"

namespace tidewheel::changefeed {

std::vector<FeedPlan> feed_plans(postgres::Connection& database,
                                 const catalogue::Catalogue& catalogue) {
    const postgres::Row here = database.query(
        "SELECT datname, oid FROM pg_database WHERE datname = current_database()")[0];
    std::vector<FeedPlan> plans;
    for (const catalogue::StoredStream& each : catalogue.streams) {
        const sql::Stream& stream = each.stream;
        if (!stream.changes_of) continue;
        plans.push_back({each.id, sql::label(stream.name), *stream.changes_of, stream.topic,
                         catalogue::publication_of(stream.name),
                         catalogue::slot_of(database, each.id), here.text(0),
                         here.text(1) + "." + std::to_string(each.id),
                         catalogue.paused_streams.contains(each.id)});
    }
    return plans;
}

kafka::WriterIdentity writer_of(const FeedPlan& plan, const std::string& group,
                                const std::string& system) {
    const std::string name = group + ".changefeed." + system + "." + plan.numbers;
    return {name, plan.topic, name};
}

}  // namespace tidewheel::changefeed
