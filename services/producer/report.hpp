#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "producer/sending.hpp"
#include "producer/store_event.hpp"
#include "tidewheel/codec/json.hpp"

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
struct Report : Sending {
    std::string topic;
    Counts counts;
    std::uint64_t seed = 0;
    Micros start;  // with seed and span: what makes the same events again
    std::chrono::nanoseconds span{0};

    double events_per_second() const;
};

double money(std::int64_t cents);

std::string report_as_text(const Report& report);
codec::Json report_as_json(const Report& report);

}  // namespace tidewheel::producer
