// Columns that come from the record itself: its place, time, key and headers.
#include <limits>

#include "decoding.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("columns come from the record's place, time, key and headers, too") {
    Decoding d(schema_of(
        {from(ColumnOrigin::partition, "p", integer), from(ColumnOrigin::offset, "o", bigint),
         from(ColumnOrigin::timestamp, "t", timestamptz), from(ColumnOrigin::key, "k", uuid),
         from(ColumnOrigin::header, "event_type", text), from(ColumnOrigin::key, "k2", text),
         from(ColumnOrigin::offset, "o2", {Kind::int16, -1, "smallint"})}));
    const std::string key = "6e0a1c1e-7f5d-4d0a-9f5c-3b1f0d9c2a11";
    const auto record = [&key](std::int64_t offset) {
        engine::Record result;
        result.value = "{}";
        result.key = key;
        result.partition = 3;
        result.offset = offset;
        result.timestamp = 946'684'800'001;
        result.read_headers = [](const void*, std::vector<engine::Header>& to) {
            to = {{"event_type", "old"}, {"event_type", "sale_event"}, {"other", std::nullopt}};
        };
        return result;
    };
    d.add(record(12));
    REQUIRE(d.batch.rows() == 1);
    CHECK(d.value<std::int32_t>(0) == 3);
    CHECK(d.value<std::int64_t>(1) == 12);
    CHECK(d.value<std::int64_t>(2) == 1000);
    CHECK(d.value<engine::Uuid>(3).bytes[15] == 0x11);
    CHECK(d.string(4) == "sale_event");
    CHECK(d.string(5) == key);
    CHECK(d.value<std::int32_t>(6) == 12);
    d.add(record(40'000));
    CHECK(d.last_verdict() == "out_of_range o2");

    engine::Record bare;
    bare.value = "{}";
    bare.timestamp = -1;
    d.add(std::move(bare));
    REQUIRE(d.batch.rows() == 2);
    for (const std::size_t column : {2u, 3u, 4u, 5u})
        CHECK(d.is_null(column));
}

TEST_CASE("a record's time is refused where it isn't in the years 1 to 9999") {
    Decoding d(schema_of({from(ColumnOrigin::timestamp, "t", timestamptz)}));
    const auto takes = [&d](std::int64_t milliseconds) {
        const std::size_t before = d.batch.rows();
        engine::Record record;
        record.value = "{}";
        record.timestamp = milliseconds;
        d.add(std::move(record));
        return d.batch.rows() > before;
    };
    REQUIRE(takes(-5));
    CHECK(d.value<std::int64_t>(0) == -946'684'800'005'000);
    CHECK(takes(0));
    CHECK(takes(-62'135'596'800'000));
    CHECK(takes(253'402'300'799'999));
    for (const std::int64_t time :
         {std::int64_t{-62'135'596'800'001}, std::int64_t{253'402'300'800'000},
          std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
        CAPTURE(time);
        REQUIRE_FALSE(takes(time));
        CHECK(d.last_verdict() == "out_of_range t");
    }
}

TEST_CASE("keys and headers have to be there for NOT NULL, and text to be a value") {
    Decoding d(schema_of({from(ColumnOrigin::key, "k", text, true)}));
    CHECK(d.verdict("{}") == "missing_field k");
    engine::Record record;
    record.value = "{}";
    record.key = "\xff";
    d.add(std::move(record));
    CHECK(d.last_verdict() == "wrong_type k");
}

TEST_CASE("a record in a partition that its routing value doesn't belong to is misrouted") {
    engine::Schema schema = codec::store_events();
    schema.route = {schema.find("event_type"),
                    {{"inventory_event", {0, 2}}, {"sale_event", {1, 3}}}};
    schema.needed.assign(schema.columns.size(), false);
    Decoding d(schema);
    const auto in_partition = [&d](int partition, std::string_view value) {
        engine::Record record;
        record.value = value;
        record.partition = partition;
        const std::size_t before = d.batch.rejected().size();
        d.add(std::move(record));
        return d.batch.rejected().size() == before ? "accepted" : d.last_verdict();
    };
    CHECK(in_partition(1, codec::sale) == "accepted");
    CHECK(in_partition(3, codec::sale) == "accepted");
    CHECK(in_partition(0, codec::sale) == "misrouted event_type");
    CHECK_THAT(d.last_reject().detail, ContainsSubstring("1, 3"));
    std::string other(codec::sale);
    other.replace(other.find("sale_event"), 10, "some_event");
    CHECK(in_partition(0, other) == "accepted");
}
