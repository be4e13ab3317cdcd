#include "producer/store_event.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::producer {
namespace {

using namespace std::string_view_literals;
using Header = std::pair<std::string_view, std::string_view>;

constexpr std::array categories{
    "Books"sv,    "Games"sv,      "Mobiles"sv,   "Groceries"sv, "Shoes"sv,    "Stationaries"sv,
    "Laptops"sv,  "Tablets"sv,    "Notebooks"sv, "Camera"sv,    "Printers"sv, "Monitors"sv,
    "Speakers"sv, "Projectors"sv, "Cables"sv,    "Furniture"sv,
};
constexpr std::array variants{"black"sv, "red"sv};

constexpr std::string_view event_type(bool sale) {
    return sale ? "sale_event"sv : "inventory_event"sv;
}
constexpr std::string_view truth(bool value) {
    return value ? "true"sv : "false"sv;
}

constexpr std::array<Header, 3> make_headers(bool sale, bool priority) {
    return {{{"event_type", event_type(sale)},
             {"priority_shipping", truth(priority)},
             {"content-type", "application/json"}}};
}
constexpr std::array headers{make_headers(false, false), make_headers(false, true),
                             make_headers(true, false), make_headers(true, true)};

void append(std::string& out, std::string_view name, std::string_view raw) {
    out.append(name).append(raw);
}

void append(std::string& out, std::string_view name, int value) {
    char digits[12];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
    out.append(name).append(digits, end);
}

void append_cents(std::string& out, std::string_view name, int cents) {
    append(out, name, cents / 100);
    const char fraction[] = {'.', static_cast<char>('0' + cents / 10 % 10),
                             static_cast<char>('0' + cents % 10)};
    out.append(fraction, sizeof(fraction));
}

constexpr std::size_t uuid_length = 36;

// 8-4-4-4-12 hexadecimal digits.
void append_uuid(std::string& out, const StoreEvent& event) {
    constexpr std::string_view hex = "0123456789abcdef";
    char text[uuid_length];
    char* at = text;
    for (int digit = 0; digit < 32; ++digit) {
        const std::uint64_t half = digit < 16 ? event.id_high : event.id_low;
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *at++ = '-';
        *at++ = hex[half >> (60 - 4 * (digit % 16)) & 15];
    }
    out.append(text, sizeof(text));
}

// Each event has a generator of its own; the seed is mixed first so that neighbouring seeds share
// no events.
SplitMix64 generator_of(std::uint64_t seed, std::uint64_t number) {
    return SplitMix64(SplitMix64::mix(SplitMix64(seed).next() ^ SplitMix64::mix(number + 1)));
}

}  // namespace

StoreEvents::StoreEvents(StoreEventPlan plan) : plan_(std::move(plan)) {
    origin_ = ",\"store_fqdn\":" + codec::Json(plan_.store_fqdn).dump() +
              ",\"store_ip\":" + codec::Json(plan_.store_ip).dump();
}

// Draws in a fixed order, whatever the plan says, so that a share changes its own field and no
// other.
StoreEvent StoreEvents::event(std::uint64_t number) const {
    SplitMix64 random = generator_of(plan_.seed, number);
    StoreEvent event;
    event.id_high = (random.next() & ~0xf000ull) | 0x4000ull;       // version 4
    event.id_low = (random.next() & ~(3ull << 62)) | (2ull << 62);  // variant 1
    event.sale = random.coin();
    event.store_id = random.between(1, 10);
    event.cust_id = random.between(100, 999);
    event.category = random.between(0, static_cast<int>(categories.size()) - 1);
    event.sku = random.between(18'981, 189'281);
    event.price_cents = random.between(1, 20'000) / 2;  // [0, 100) rounded: both ends half as often
    event.qty = random.between(1, 38);
    event.discount = random.between(0, 75);
    event.gift_wrap = random.coin();
    event.priority_shipping = random.coin();
    event.variant = random.coin();
    event.is_return = random.coin();
    event.bad = random.chance(plan_.bad);
    event.repeated = random.chance(plan_.duplicates);
    event.late = random.chance(plan_.late);
    event.ts = time_of(number, random);
    if (event.late) {
        const auto back = random.next() % static_cast<std::uint64_t>(plan_.late_by.count() + 1);
        event.ts -= std::chrono::ceil<std::chrono::microseconds>(std::chrono::nanoseconds(back));
    }
    return event;
}

// Anywhere within the event's own step, so that times grow and are not all alike.
Micros StoreEvents::time_of(std::uint64_t number, SplitMix64& random) const {
    const auto step = static_cast<std::uint64_t>(plan_.step.count());
    const std::uint64_t within = step ? random.next() % step : 0;
    return plan_.start + std::chrono::microseconds(((number - plan_.first) * step + within) / 1000);
}

void StoreEvents::append_json(const StoreEvent& event, std::string& out) const {
    out.append("{\"id\":\"");
    const std::size_t id = out.size();
    append_uuid(out, event);
    out.append("\",\"request_id\":\"");
    out.append(out, id, uuid_length);
    append(out, "\",\"event_type\":\"", event_type(event.sale));
    out.push_back('"');
    if (!event.bad) append(out, ",\"store_id\":", event.store_id);
    out.append(origin_);
    append(out, ",\"cust_id\":", event.cust_id);
    append(out, ",\"category\":\"", categories[static_cast<std::size_t>(event.category)]);
    append(out, "\",\"sku\":", event.sku);
    append_cents(out, ",\"price\":", event.price_cents);
    append(out, ",\"qty\":", event.qty);
    append(out, ",\"discount\":", event.discount);
    append(out, ",\"gift_wrap\":", truth(event.gift_wrap));
    append(out, ",\"priority_shipping\":", truth(event.priority_shipping));
    append(out, ",\"variant\":\"", variants[static_cast<std::size_t>(event.variant)]);
    out.append("\",\"ts\":\"");
    append_time(event.ts, out);
    out.append("\",\"contact_me\":\"github.com/miztiik\"");
    if (event.is_return) out.append(",\"is_return\":true");
    if (event.bad) out.append(",\"bad_msg\":true");
    out.push_back('}');
}

Headers headers_of(const StoreEvent& event) {
    return headers[(event.sale ? 2u : 0u) + (event.priority_shipping ? 1u : 0u)];
}

int partition_of(const StoreEvent& event, int partitions) {
    if (partitions == 1) return 0;
    const int allowed = event.sale ? partitions / 2 : (partitions + 1) / 2;
    // Stores and customers are numbered without gaps, so the number itself is the hash that spreads
    // them most evenly.
    const int place = (event.bad ? event.cust_id : event.store_id) % allowed;
    return 2 * place + (event.sale ? 1 : 0);
}

}  // namespace tidewheel::producer
