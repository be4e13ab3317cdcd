#include "producer/store_event.hpp"

#include <map>
#include <set>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using namespace std::chrono_literals;
using codec::Json;

namespace {

StoreEventPlan plan_with(std::uint64_t seed) {
    StoreEventPlan plan;
    plan.seed = seed;
    plan.start = *parse_time("2026-11-21T00:00:00Z");
    plan.step = 10ms;
    plan.late_by = 6h;
    plan.store_fqdn = "stores.tidewheel.example";
    plan.store_ip = "192.0.2.10";
    return plan;
}

StoreEventPlan mixed(std::uint64_t seed) {
    StoreEventPlan plan = plan_with(seed);
    plan.bad = Share::percent(10);
    plan.late = Share::percent(5);
    plan.duplicates = Share::percent(2);
    return plan;
}

std::string text_of(const StoreEvents& events, std::uint64_t number) {
    std::string text;
    events.append_json(events.event(number), text);
    return text;
}

// FNV-1a over the first thousand events.
std::uint64_t fingerprint(const StoreEvents& events) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (std::uint64_t i = 0; i < 1000; ++i)
        for (const char c : text_of(events, i) + '\n')
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

Json json_of(const StoreEvents& events, const StoreEvent& event) {
    std::string text;
    events.append_json(event, text);
    return Json::parse(text).value();
}

Json without(const Json& object, std::string_view name) {
    Json rest = Json::object();
    for (const auto& [member, value] : object.members())
        if (member != name) rest.set(member, value);
    return rest;
}

std::uint64_t count_of(const StoreEvents& events, std::uint64_t total,
                       bool (*holds)(const StoreEvent&)) {
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < total; ++i)
        count += holds(events.event(i));
    return count;
}

}  // namespace

TEST_CASE("the same seed makes the same bytes, on every machine") {
    CHECK(fingerprint(StoreEvents(mixed(1))) == 0x12b1d85f6f4e4131);
    CHECK(fingerprint(StoreEvents(mixed(1))) != fingerprint(StoreEvents(mixed(2))));
}

TEST_CASE("an event reads as the contract says") {
    CHECK(text_of(StoreEvents(plan_with(1)), 0) ==
          R"({"id":"d6744368-82ba-41d9-a212-715cfd10d2ad",)"
          R"("request_id":"d6744368-82ba-41d9-a212-715cfd10d2ad",)"
          R"("event_type":"inventory_event","store_id":8,"store_fqdn":"stores.tidewheel.example",)"
          R"("store_ip":"192.0.2.10","cust_id":433,"category":"Shoes","sku":95514,"price":44.89,)"
          R"("qty":14,"discount":45,"gift_wrap":false,"priority_shipping":false,"variant":"red",)"
          R"("ts":"2026-11-21T00:00:00.001162Z","contact_me":"github.com/miztiik",)"
          R"("is_return":true})");
}

TEST_CASE("an event is the same whether it is made first or last") {
    const StoreEvents events(mixed(7));
    const std::string late = text_of(events, 123'456);
    CHECK(text_of(events, 0) != late);
    CHECK(text_of(events, 123'456) == late);
}

TEST_CASE("a share changes its own field and no other") {
    StoreEventPlan plan = plan_with(3);
    const StoreEvents good(plan);
    plan.bad = Share::percent(100);
    const StoreEvents bad(plan);
    for (std::uint64_t i = 0; i < 100; ++i)
        CHECK(without(json_of(bad, bad.event(i)), "bad_msg") ==
              without(json_of(good, good.event(i)), "store_id"));
}

TEST_CASE("bad events lack the store and say so, good ones do neither") {
    const StoreEvents events(mixed(5));
    int bad = 0;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        const StoreEvent event = events.event(i);
        const Json json = json_of(events, event);
        CHECK((json.find("store_id") == nullptr) == event.bad);
        CHECK((json.find("bad_msg") != nullptr) == event.bad);
        bad += event.bad;
    }
    CHECK(bad > 0);
}

TEST_CASE("is_return is true or absent, never false") {
    const StoreEvents events(plan_with(5));
    int returns = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const Json json = json_of(events, events.event(i));
        const Json* is_return = json.find("is_return");
        if (is_return) CHECK(is_return->boolean());
        returns += is_return != nullptr;
    }
    CHECK(returns > 400);
    CHECK(returns < 600);
}

TEST_CASE("every value stays in its range and every value of a small range occurs") {
    const StoreEvents events(plan_with(11));
    std::set<int> stores, customers, categories, quantities, discounts;
    int cheapest = 10'000, dearest = 0;
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        const StoreEvent event = events.event(i);
        stores.insert(event.store_id);
        customers.insert(event.cust_id);
        categories.insert(event.category);
        quantities.insert(event.qty);
        discounts.insert(event.discount);
        cheapest = std::min(cheapest, event.price_cents);
        dearest = std::max(dearest, event.price_cents);
        REQUIRE(event.sku >= 18'981);
        REQUIRE(event.sku <= 189'281);
    }
    CHECK((stores.size() == 10 && *stores.begin() == 1 && *stores.rbegin() == 10));
    CHECK((customers.size() == 900 && *customers.begin() == 100 && *customers.rbegin() == 999));
    CHECK(categories.size() == 16);
    CHECK((quantities.size() == 38 && *quantities.begin() == 1 && *quantities.rbegin() == 38));
    CHECK((discounts.size() == 76 && *discounts.begin() == 0 && *discounts.rbegin() == 75));
    CHECK(cheapest == 0);
    CHECK(dearest == 10'000);
}

TEST_CASE("the shares are those that were asked for") {
    const StoreEvents events(mixed(13));
    constexpr std::uint64_t total = 100'000;
    const auto within = [](std::uint64_t count, std::uint64_t expected, std::uint64_t tolerance) {
        return count > expected - tolerance && count < expected + tolerance;
    };
    CHECK(within(count_of(events, total, [](auto& e) { return e.sale; }), 50'000, 800));
    CHECK(within(count_of(events, total, [](auto& e) { return e.bad; }), 10'000, 500));
    CHECK(within(count_of(events, total, [](auto& e) { return e.late; }), 5'000, 350));
    CHECK(within(count_of(events, total, [](auto& e) { return e.repeated; }), 2'000, 230));
}

TEST_CASE("a share of 0 percent is none and one of 100 percent is all") {
    StoreEventPlan plan = plan_with(17);
    CHECK(count_of(StoreEvents(plan), 10'000, [](auto& e) { return e.bad; }) == 0);
    plan.bad = Share::percent(100);
    CHECK(count_of(StoreEvents(plan), 10'000, [](auto& e) { return e.bad; }) == 10'000);
}

TEST_CASE("ids are version 4 UUIDs, each of its own, and request_id is the same") {
    const StoreEvents events(plan_with(19));
    std::set<std::string> ids;
    for (std::uint64_t i = 0; i < 5000; ++i) {
        const Json json = json_of(events, events.event(i));
        const std::string id = json.find("id")->string();
        CHECK(json.find("request_id")->string() == id);
        REQUIRE(id.size() == 36);
        CHECK(id[14] == '4');
        CHECK(std::string("89ab").find(id[19]) != std::string::npos);
        ids.insert(id);
    }
    CHECK(ids.size() == 5000);
}

TEST_CASE(
    "times grow step by step from the start, only late events lie back, and not further than "
    "allowed") {
    const StoreEvents events(mixed(23));
    const Micros start = events.plan().start;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        const StoreEvent event = events.event(i);
        const auto slot = start + std::chrono::milliseconds(10 * i);
        if (event.late) {
            CHECK(event.ts <= slot + 10ms);
            CHECK(event.ts >= slot - 6h);
        } else {
            REQUIRE(event.ts >= slot);
            REQUIRE(event.ts < slot + 10ms);
        }
    }
}

TEST_CASE(
    "sales go to odd partitions and inventory to even ones, and a store stays in one of each") {
    const StoreEvents events(mixed(29));
    std::map<std::pair<bool, int>, std::set<int>> of_store;
    std::map<int, int> load;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        const StoreEvent event = events.event(i);
        const int partition = partition_of(event, 4);
        REQUIRE(partition >= 0);
        REQUIRE(partition < 4);
        REQUIRE(partition % 2 == (event.sale ? 1 : 0));
        if (!event.bad) of_store[{event.sale, event.store_id}].insert(partition);
        ++load[partition];
    }
    CHECK(of_store.size() == 20);
    for (const auto& [store, partitions] : of_store)
        CHECK(partitions.size() == 1);
    for (const auto& [partition, events_there] : load)
        CHECK(events_there > 2300);
}

TEST_CASE("any number of partitions gets events that fit it") {
    const StoreEvents events(mixed(31));
    for (int partitions = 1; partitions <= 9; ++partitions) {
        std::set<int> used;
        for (std::uint64_t i = 0; i < 2000; ++i)
            used.insert(partition_of(events.event(i), partitions));
        CHECK(used.size() == static_cast<std::size_t>(partitions));
        CHECK(*used.rbegin() == partitions - 1);
    }
}

TEST_CASE("the headers say type, shipping and format, in the body's words") {
    const StoreEvents events(plan_with(37));
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (std::uint64_t i = 0; i < 200; ++i) {
        const StoreEvent event = events.event(i);
        const Json json = json_of(events, event);
        const Headers headers = headers_of(event);
        REQUIRE(headers.size() == 3);
        CHECK(headers[0].first == "event_type");
        CHECK(headers[0].second == json.find("event_type")->string());
        CHECK(headers[1].first == "priority_shipping");
        CHECK(headers[1].second == (json.find("priority_shipping")->boolean() ? "true" : "false"));
        CHECK(headers[2] ==
              std::pair<std::string_view, std::string_view>{"content-type", "application/json"});
        seen.emplace(headers[0].second, headers[1].second);
    }
    CHECK(seen.size() == 4);
}

TEST_CASE("a host name that needs escaping does not break the JSON") {
    StoreEventPlan plan = plan_with(41);
    plan.store_fqdn = "a\"b\\c";
    const StoreEvents events(plan);
    CHECK(json_of(events, events.event(0)).find("store_fqdn")->string() == "a\"b\\c");
}
