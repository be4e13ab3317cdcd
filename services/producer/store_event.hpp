#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "producer/random.hpp"
#include "producer/time_text.hpp"

namespace tidewheel::producer {

// What happened in a store: a sale or a movement of stock.
struct StoreEvent {
    std::uint64_t id_high = 0, id_low = 0;  // a version 4 UUID
    bool sale = false;                      // otherwise inventory
    bool bad = false;                       // sent without its store_id, and marked bad_msg
    bool late = false;                      // its time lies back
    bool repeated = false;                  // will be sent twice
    bool gift_wrap = false, priority_shipping = false, is_return = false;
    int store_id = 0, cust_id = 0, category = 0, sku = 0, qty = 0, discount = 0, variant = 0;
    int price_cents = 0;
    Micros ts;

    std::int64_t amount_cents() const { return static_cast<std::int64_t>(price_cents) * qty; }
};

// What decides an event besides its number.
struct StoreEventPlan {
    std::uint64_t seed = 0;
    Share bad, late, duplicates;
    std::chrono::nanoseconds late_by{0};  // how far a late event lies back at most
    std::uint64_t first = 0;  // the event whose time is `start`; none before it is asked for
    Micros start;
    std::chrono::nanoseconds step{0};  // from one event to the next, on average
    std::string store_fqdn, store_ip;
};

// The store events of one seed. Event i depends on the plan and on i alone, so any of them can be
// made again at any time and on any machine, bit for bit. Not changed by use: any number of threads
// may share one.
class StoreEvents {
  public:
    explicit StoreEvents(StoreEventPlan plan);

    StoreEvent event(std::uint64_t number) const;
    void append_json(const StoreEvent& event, std::string& out) const;
    const StoreEventPlan& plan() const { return plan_; }

  private:
    Micros time_of(std::uint64_t number, SplitMix64& random) const;

    StoreEventPlan plan_;
    std::string origin_;  // the JSON members that are the same in every event
};

using Headers = std::span<const std::pair<std::string_view, std::string_view>>;

// event_type, priority_shipping and content-type.
Headers headers_of(const StoreEvent& event);

// Sales go to the odd partitions, inventory to the even ones; among those the store decides, so the
// events of a store stay in order. A bad event has no store, so its customer decides. A topic of
// one partition takes everything.
int partition_of(const StoreEvent& event, int partitions);

}  // namespace tidewheel::producer
