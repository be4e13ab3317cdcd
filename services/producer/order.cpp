#include "producer/order.hpp"

#include <array>
#include <string_view>

namespace tidewheel::producer {
namespace {

struct Customer {
    std::string_view first_name, last_name, address, city, state, postal_code, country, phone,
        email;
};
// Users 400001 to 400006. Two of them share an address for mail, so that is no key of a user.
constexpr std::array<Customer, 6> customers{{
    {"Ada", "Fields", "1 Harbour Street", "Seattle", "WA", "98101", "United States", "206-555-0101",
     "thriller@contosomovies.com"},
    {"Bruno", "Vale", "22 Mill Lane", "Portland", "OR", "97201", "United States", "503-555-0102",
     "action@contosomovies.com"},
    {"Cleo", "Marsh", "303 Orchard Road", "Denver", "CO", "80202", "United States", "303-555-0103",
     "mixcomedy@contosomovies.com"},
    {"Dario", "Stone", "44 Station Square", "Austin", "TX", "73301", "United States",
     "512-555-0104", "mixcomedy@contosomovies.com"},
    {"Edda", "Brook", "5 Chapel Hill", "Boston", "MA", "02108", "United States", "617-555-0105",
     "drama@contosomovies.com"},
    {"Felix", "Moor", "66 Bridge Avenue", "Chicago", "IL", "60601", "United States", "312-555-0106",
     "family@contosomovies.com"},
}};
constexpr std::uint32_t skipped_at_most = 10, lines_at_most = 10, quantities = 5;

// Each order has a generator of its own; the seed is mixed first so that neighbouring seeds share
// no orders.
SplitMix64 generator_of(std::uint64_t seed, std::uint64_t number) {
    return SplitMix64(SplitMix64::mix(SplitMix64(~seed).next() ^ SplitMix64::mix(number + 1)));
}

int at_least_one(std::uint32_t drawn) {
    return drawn == 0 ? 1 : static_cast<int>(drawn);
}

void append_text(std::string& out, std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":\"").append(value).append("\"");
}

void append_money(std::string& out, std::string_view name, std::int64_t cents) {
    const auto fraction = static_cast<char>('0' + cents / 10 % 10);
    out.append(",\"").append(name).append("\":").append(std::to_string(cents / 100));
    out.append({'.', fraction, static_cast<char>('0' + cents % 10)});
}

void append_date(const Order& order, std::string& out) {
    std::string time = time_text(order.at);
    time.insert(time.size() - 1, 1, static_cast<char>('0' + order.tenth));
    append_text(out, "OrderDate", time);
}

void append_lines(const Order& order, std::string& out) {
    out.append(",\"Details\":[");
    const int lines = order.flaw == OrderFlaw::no_lines ? 0 : order.lines;
    for (int line = 0; line < lines; ++line) {
        const int item = first_item_id + order.first_item + line;
        if (line > 0) out.push_back(',');
        out.append("{\"Email\":\"")
            .append(customers[static_cast<std::size_t>(order.customer)].email)
            .append("\",\"ProductId\":")
            .append(std::to_string(item))
            .append(",\"Quantity\":")
            .append(std::to_string(order.quantity));
        append_money(out, "UnitPrice", item_price_cents(item));
        out.push_back('}');
    }
    out.append("]}");
}

}  // namespace

// 997 is a prime, so neighbours have different prices, from the lowest to the highest.
int item_price_cents(int item_id) {
    constexpr int lowest = 502, prices = 997, factor = 389;
    return lowest + (item_id - first_item_id) * factor % prices;
}

std::int64_t Order::total_cents() const {
    std::int64_t total = 0;
    for (int line = 0; line < lines; ++line)
        total += std::int64_t{quantity} * item_price_cents(first_item_id + first_item + line);
    return total;
}

// Draws in a fixed order, whatever the plan says.
Order Orders::order(std::uint64_t number, int region) const {
    SplitMix64 random = generator_of(plan_.seed, number);
    Order order;
    order.region = region;
    order.customer = static_cast<int>(random.below(customers.size()));
    order.first_item = static_cast<int>(random.below(skipped_at_most));
    order.lines = at_least_one(random.below(lines_at_most));
    order.quantity = at_least_one(random.below(quantities));
    order.tenth = static_cast<int>(random.below(10));
    const bool is_bad = random.chance(plan_.bad);
    const auto flaw = static_cast<OrderFlaw>(random.below(order_flaws));
    if (is_bad) order.flaw = flaw;
    const auto step = static_cast<std::uint64_t>(plan_.step.count());
    const std::uint64_t within = step > 0 ? random.next() % step : 0;
    order.at =
        plan_.start + std::chrono::microseconds(((number - plan_.first) * step + within) / 1000);
    return order;
}

void Orders::append_json(const Order& order, std::string& out) {
    const Customer& customer = customers[static_cast<std::size_t>(order.customer)];
    const std::size_t begin = out.size();
    const int region = order.flaw == OrderFlaw::wrong_region ? 3 - order.region : order.region;
    out.append("{\"Region\":\"Region").append(std::to_string(region)).append("\"");
    if (order.flaw != OrderFlaw::no_date) append_date(order, out);
    append_text(out, "FirstName", customer.first_name);
    append_text(out, "LastName", customer.last_name);
    append_text(out, "Address", customer.address);
    append_text(out, "City", customer.city);
    append_text(out, "State", customer.state);
    append_text(out, "PostalCode", customer.postal_code);
    append_text(out, "Country", customer.country);
    append_text(out, "Phone", customer.phone);
    out.append(",\"SMSOptIn\":false");
    append_text(out, "SMSStatus", "");
    append_text(out, "Email", customer.email);
    append_text(out, "ReceiptUrl", "");
    append_money(out, "Total",
                 order.total_cents() + (order.flaw == OrderFlaw::wrong_total ? 1 : 0));
    append_text(out, "PaymentTransactionId", "");
    out.append(",\"HasBeenShipped\":false");
    append_lines(order, out);
    if (order.flaw == OrderFlaw::cut_off) out.resize(begin + (out.size() - begin) / 2);
}

}  // namespace tidewheel::producer
