#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "producer/random.hpp"
#include "producer/time_text.hpp"

namespace tidewheel::producer {

// What is wrong with a bad order, one kind as often as any other.
enum class OrderFlaw { cut_off, no_date, no_lines, wrong_total, wrong_region };
inline constexpr int order_flaws = 5;

// An order of movies: up to nine lines, of neighbours in the catalogue, all of one quantity.
struct Order {
    int region = 1;
    int customer = 0;    // which of the six
    int first_item = 0;  // of the catalogue, which is in the order of its ids
    int lines = 1, quantity = 1;
    std::optional<OrderFlaw> flaw;
    Micros at;
    int tenth = 0;  // of a microsecond: times have seven digits

    std::int64_t total_cents() const;
};

inline constexpr int first_item_id = 397'518;
inline constexpr int last_item_id = 398'017;
// From 5.02 to 14.98; pipelines/systems/orders_catalogue.sql has the same.
int item_price_cents(int item_id);

// What decides an order besides its number.
struct OrderPlan {
    std::uint64_t seed = 0;
    Share bad;
    std::uint64_t first = 0;  // the order whose time is `start`
    Micros start;
    std::chrono::nanoseconds step{0};
};

// The orders of one seed, as store events are: order i depends on the plan and on i alone.
class Orders {
  public:
    explicit Orders(const OrderPlan& plan) : plan_(plan) {}

    Order order(std::uint64_t number, int region) const;
    static void append_json(const Order& order, std::string& out);

  private:
    OrderPlan plan_;
};

}  // namespace tidewheel::producer
