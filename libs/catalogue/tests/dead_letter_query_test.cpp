#include "tidewheel/catalogue/dead_letter_query.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::catalogue;

TEST_CASE("a filter of dead letters that says nothing selects all that were not given up") {
    CHECK(condition_of({}) == "d.discarded_at IS NULL");
    DeadLetterFilter filter;
    filter.discarded = true;
    CHECK(condition_of(filter) == "true");
}

TEST_CASE("a filter of dead letters joins all of its conditions") {
    DeadLetterFilter filter;
    filter.ids = {7, 9};
    filter.reason = "wrong_type";
    filter.stream = "public.orders";
    filter.statement = "by_shop";
    filter.topic = "orders";
    filter.partition = 0;
    filter.since = "2026-01-31T12:00Z";
    filter.until = "2026-02-01";
    CHECK(condition_of(filter) ==
          "d.discarded_at IS NULL AND d.id IN (7,9) AND d.reason = 'wrong_type' AND "
          "'public.orders' IN (t.name, t.schema_name || '.' || t.name) AND s.name = 'by_shop' AND "
          "d.topic = 'orders' AND d.partition = 0 AND d.parked_at >= "
          "'2026-01-31T12:00Z'::timestamptz AND d.parked_at < '2026-02-01'::timestamptz");
}

TEST_CASE("a filter of dead letters takes its values as texts, whatever they hold") {
    DeadLetterFilter filter;
    filter.reason = "x' OR true --";
    CHECK(condition_of(filter) == "d.discarded_at IS NULL AND d.reason = 'x'' OR true --'");
}
