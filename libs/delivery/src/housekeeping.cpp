#include "housekeeping.hpp"

namespace tidewheel::delivery {
namespace {

using namespace std::chrono_literals;
using telemetry::Metric;

constexpr auto trim_every = 1s;
constexpr auto measure_every = 5s;
constexpr int trims_in_a_row = 4;  // deliveries go on in between

}  // namespace

void Housekeeping::look(postgres::Connection& connection,
                        const std::map<int, catalogue::LaneEnds>& ends) {
    const auto now = Clock::system().now();
    if (now - trimmed_at_ >= trim_every) {
        trimmed_at_ = now;
        for (const auto& [id, lanes] : ends)
            for (const auto& [lane, last] : lanes) {
                const auto sink = roster_.sinks().find(id);
                if (sink == roster_.sinks().end() || !roster_.is_settled(id)) continue;
                if (kind_.compaction(sink->second)) continue;
                for (int i = 0; i < trims_in_a_row; ++i)
                    if (!trim(connection, sink->second, lane)) break;
            }
    }
    if (now - measured_at_ < measure_every) return;
    measured_at_ = now;
    measure(connection);
}

telemetry::Labels Housekeeping::labels(const catalogue::DeliveryKey& key) const {
    const auto sink = roster_.sinks().find(key.sink);
    return {{"sink", sink == roster_.sinks().end() ? "" : sql::label(sink->second.title())},
            {"subscriber", key.subscriber}};
}

void Housekeeping::count(const catalogue::DeliveryStep& step) {
    const auto of = labels(step.key);
    if (step.delivered > 0)
        metrics_.counter(Metric::delivered_rows, of).add(static_cast<double>(step.delivered));
    if (!step.failure.empty()) metrics_.counter(Metric::delivery_failures, of).add();
    if (!step.parked.empty())
        metrics_.counter(Metric::undelivered_rows, of).add(static_cast<double>(step.parked.size()));
}

void Housekeeping::measure(postgres::Connection& connection) {
    forget_others();
    for (const auto& [key, mine] : roster_.mine()) {
        const auto of = labels(key);
        const Waiting waiting =
            waiting_rows(connection, roster_.sinks().at(key.sink), key.subscriber);
        metrics_.gauge(Metric::waiting_rows, of).set(static_cast<double>(waiting.rows));
        metrics_.gauge(Metric::waiting_seconds, of).set(waiting.oldest_seconds);
        measured_[key] = of;
    }
}

// Another service shows them.
void Housekeeping::forget_others() {
    std::erase_if(measured_, [this](const auto& each) {
        if (roster_.mine().contains(each.first)) return false;
        metrics_.forget(Metric::waiting_rows, each.second);
        metrics_.forget(Metric::waiting_seconds, each.second);
        return true;
    });
}

}  // namespace tidewheel::delivery
