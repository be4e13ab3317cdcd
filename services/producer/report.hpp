#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "producer/store_event.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::producer {

// What was sent, record by record: an event that was sent twice counts twice, as it does in the
// topic.
struct Counts {
    std::uint64_t sent = 0;
    std::uint64_t sales = 0, inventory = 0;           // together: sent
    std::uint64_t bad = 0, late = 0, duplicates = 0;  // among them
    std::uint64_t returns = 0;                        // sales that are returns
    std::int64_t sales_cents = 0;    // price * qty over the sales, bad ones and returns included
    std::int64_t returns_cents = 0;  // the returns' part of it

    void add(const StoreEvent& event, bool duplicate);
};

// A run of the producer as a whole.
struct Report {
    std::string topic;
    Counts counts;
    kafka::Deliveries deliveries;  // after the flush: sent == delivered + failed
    bool interrupted = false;      // it ended early: by a stop, or by an error
    std::optional<Error> failure;  // what the sink threw
    std::chrono::duration<double> elapsed{0};
    std::uint64_t seed = 0;
    Micros start;  // with seed and span: what makes the same events again
    std::chrono::nanoseconds span{0};

    bool complete() const { return !interrupted && deliveries.failed == 0; }
    double events_per_second() const;
};

double money(std::int64_t cents);

std::string report_as_text(const Report& report);
codec::Json report_as_json(const Report& report);

}  // namespace tidewheel::producer
