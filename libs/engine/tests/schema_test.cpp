#include "tidewheel/engine/schema.hpp"

#include <set>

#include "tidewheel/engine/reject.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::engine;

TEST_CASE("type modifiers are read as PostgreSQL packs them") {
    // select atttypmod from pg_attribute: numeric(10,2) 655366, numeric(5,2) 327686, numeric(3,-2)
    // 198658
    const auto price = numeric_limit({Kind::numeric, 655366, "numeric(10,2)"});
    REQUIRE(price);
    CHECK(price->precision == 10);
    CHECK(price->scale == 2);
    const auto hundreds = numeric_limit({Kind::numeric, 198658, "numeric(3,-2)"});
    REQUIRE(hundreds);
    CHECK(hundreds->precision == 3);
    CHECK(hundreds->scale == -2);
    CHECK_FALSE(numeric_limit({Kind::numeric, -1, "numeric"}));
    CHECK_FALSE(numeric_limit({Kind::varchar, 24, "character varying(20)"}));
    CHECK(length_limit({Kind::varchar, 24, "character varying(20)"}) == 20);
    CHECK_FALSE(length_limit({Kind::varchar, -1, "character varying"}));
}

TEST_CASE("a route names the partitions of a value, and is silent about other values") {
    const Route route{.column = 0, .rules = {{"inventory_event", {0, 2}}, {"sale_event", {1, 3}}}};
    REQUIRE(route.partitions_of("sale_event"));
    CHECK(*route.partitions_of("sale_event") == std::vector<int>{1, 3});
    CHECK(route.partitions_of("return_event") == nullptr);
}

TEST_CASE("columns are found by name, and the event time is always needed") {
    Schema schema;
    schema.columns = {{.name = "id", .type = {}, .path = {}, .header = {}, .fallback = {}},
                      {.name = "ts", .type = {}, .path = {}, .header = {}, .fallback = {}}};
    schema.event_time = 1;
    CHECK(schema.needs(0));
    schema.needed = {false, false};
    CHECK(schema.find("ts") == 1);
    CHECK(schema.find("TS") == -1);
    CHECK_FALSE(schema.needs(0));
    CHECK(schema.needs(1));
}

TEST_CASE("every reason has a name of its own") {
    std::set<std::string_view> names;
    for (int reason = 0; reason < reason_count; ++reason)
        names.insert(name(static_cast<Reason>(reason)));
    CHECK(names.size() == reason_count);
    CHECK(name(Reason::tombstone) == "tombstone");
    CHECK(name(Reason::misrouted) == "misrouted");
    CHECK(name(Reason::target_refused) == "target_refused");
}
