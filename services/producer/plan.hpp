#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "producer/order.hpp"
#include "producer/produce.hpp"
#include "producer/sending.hpp"
#include "producer/store_event.hpp"

namespace tidewheel::producer {

// Options with everything settled: which events, when they happened, and how fast they go out.
struct Plan {
    StoreEventPlan events;
    Range range;
    std::optional<std::chrono::nanoseconds> span;  // of the events' times; nullopt: without end
};

// Events are live (each happens when it is sent) unless a span says otherwise. `seed` is for
// options that name none; `first` is the number of the first event. Throws Error (setting) when the
// options contradict each other.
Plan plan_of(const ProduceOptions& options, Micros now, std::uint64_t seed,
             std::uint64_t first = 0);

// The same for orders, which take what store events have in common with them.
OrderPlan order_plan(const Plan& plan);

Micros now_in_micros();
// For runs that name no seed: below 2^32, so that every JSON reader keeps it exact.
std::uint64_t random_seed();

}  // namespace tidewheel::producer
