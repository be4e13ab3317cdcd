#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "producer/order.hpp"
#include "producer/sending.hpp"
#include "tidewheel/codec/json.hpp"

namespace tidewheel::producer {

// Where the orders of a region go: Region1, Region2.
struct RegionTopic {
    int region = 1;
    std::string topic;
    int partitions = 1;
};

// "a,b": the topics of both regions. "a" and ",b": that of one of them, which takes all orders.
// Throws Error (setting) where there is none, or a third.
std::vector<RegionTopic> region_topics(const std::string& names);

// A run, and what the good orders of it hold.
struct OrderReport : Sending {
    std::vector<RegionTopic> topics;
    std::uint64_t sent = 0, bad = 0;
    std::uint64_t lines = 0, units = 0;
    std::int64_t revenue_cents = 0;
    std::uint64_t seed = 0;
    Micros start;
    std::chrono::nanoseconds span{0};
};

// Sends the orders of a range, as send_range does: to the topics in strict alternation, and to the
// partitions of each in turn. The report lacks topics, seed, start and span.
OrderReport send_orders(const Orders& orders, const Range& range,
                        const std::vector<RegionTopic>& topics, Sink& sink, std::stop_token stop,
                        const std::function<void(const kafka::Deliveries&)>& observe = {});

std::string order_report_as_text(const OrderReport& report);
codec::Json order_report_as_json(const OrderReport& report);

}  // namespace tidewheel::producer
