#include "slot_gauges.hpp"

#include <chrono>

#include "tidewheel/catalogue/change_slot.hpp"

namespace tidewheel::runtime {

using telemetry::Metric;

namespace {

constexpr std::chrono::seconds interval{30};

}  // namespace

void SlotGauges::look(postgres::Connection& database) {
    const auto now = Clock::system().now();
    if (now - looked_at_ < interval) return;
    looked_at_ = now;
    std::set<std::string> streams;
    for (const catalogue::HeldWal& held : catalogue::held_wal(database)) {
        const telemetry::Labels of{{"stream", sql::label(held.stream)}};
        metrics_.gauge(Metric::changefeed_slot, of).set(static_cast<double>(held.bytes));
        metrics_.gauge(Metric::changefeed_owned, of).set(held.is_owned ? 1 : 0);
        streams.insert(of.at("stream"));
    }
    for (const std::string& stream : shown_)
        if (!streams.contains(stream))
            for (const Metric metric : {Metric::changefeed_slot, Metric::changefeed_owned})
                metrics_.forget(metric, {{"stream", stream}});
    shown_ = std::move(streams);
}

}  // namespace tidewheel::runtime
