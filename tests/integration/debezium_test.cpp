// What tidewheel-changefeed writes, beside what a real Debezium makes of the same changes.
#include <algorithm>
#include <map>
#include <set>

#include "applied.hpp"
#include "changefeed_service.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using codec::Json;
using testing::Changefeed;
using testing::eventually;
using testing::Stored;
using testing::stored_in;

namespace {

// Every type for which docs/how-to/changefeed.md promises Debezium's form.
const std::string pipeline = R"(
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN amount AS integer CHECK (value >= 0);
CREATE TABLE things (
    id bigint PRIMARY KEY, s smallint, i integer, r real, d double precision, o oid, b boolean,
    n numeric(12,3), t text, v varchar(20), c char(5), y bytea, da date, ts timestamp,
    ts3 timestamp(3), tz timestamptz, tz0 timestamptz(0), ti time, ti3 time(3), j json, jb jsonb, u uuid, m mood, a amount, l text);
CREATE FOREIGN TABLE changes (op text)
    SERVER kafka OPTIONS (topic '{topic}', changes_of 'public.things');
)";

const std::string values =
    "(1::smallint, -2, 1.5::real, 1e-10::float8, 7::oid, true, 12.340, E'x \"y\" \\\\ ü\\n', 'v', "
    "'c', '\\x00ff10'::bytea, '2026-01-31'::date, '2026-01-31 12:00:00.123456'::timestamp, "
    "'1969-12-31 23:59:59.999'::timestamp, '2026-01-31 13:00:00.5+01'::timestamptz, "
    "'2026-01-31 13:00:00+01'::timestamptz, '12:00:00.000001'::time, '23:59:59.5'::time, "
    "'{\"a\":  1}'::json, '{\"b\": [1, null]}'::jsonb, "
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'good'::mood, 5, "
    "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 500) n))";

std::string insert(int id) {
    return "INSERT INTO things SELECT " + std::to_string(id) + ", r.* FROM (VALUES " + values +
           ") r";
}

// Without the order of the members, and those that `left_out` names.
Json comparable(const Json& value, const std::set<std::string>& left_out) {
    if (!value.is_object()) return value;
    std::map<std::string, Json> members;
    for (const auto& [name, member] : value.members())
        if (!left_out.contains(name)) members.emplace(name, comparable(member, left_out));
    Json sorted = Json::object();
    for (const auto& [name, member] : members)
        sorted.set(name, member);
    return sorted;
}

// What no two connectors say alike: versions, names, when a record was made; and of the snapshot,
// in which transaction and when it was read.
std::string comparable(const Stored& record) {
    if (record.value.empty()) return record.key + " tombstone";
    const Json value = *Json::parse(record.value);
    std::set<std::string> left_out{"version", "name",     "ts_us",     "ts_ns",
                                   "origin",  "sequence", "origin_lsn"};
    if (value.find("op")->string() == "r") left_out.insert({"txId", "lsn", "ts_ms"});
    Json sorted = Json::object();
    const Json without = comparable(value, left_out);
    for (const auto& [name, member] : without.members())
        if (name != "ts_ms") sorted.set(name, member);
    return record.key + " " + sorted.dump();
}

std::vector<Stored> await(const testing::Deployment& site, const std::string& topic,
                          std::size_t count) {
    std::vector<Stored> records;
    eventually(std::to_string(count) + " records in " + topic, [&] {
        records = stored_in(site.kafka(), topic);
        return records.size() >= count;
    });
    return records;
}

}  // namespace

TEST_CASE("Debezium makes the same records of the same changes") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline);
    const std::string prefix = testing::unique("debezium");
    const std::string theirs = prefix + ".public.things";
    kafka::Admin(site.kafka()).create_topic(theirs, 1);
    site.query(insert(1));
    site.query("INSERT INTO things (id) VALUES (2)");
    const Changefeed feed(site);
    testing::Process debezium({TIDEWHEEL_SOURCE_DIR "/tests/debezium/run",
                               testing::unique_path("debezium", "connect"), site.url(),
                               site.kafka().brokers, "public.things", prefix});
    await(site, site.topic(), 2);
    INFO(debezium.output() << debezium.errors());
    await(site, theirs, 2);
    eventually("both stream", [&] {
        return site.value(
                   "SELECT count(*) FROM pg_replication_slots WHERE active AND database = "
                   "current_database()") == "2";
    });
    site.query(insert(3));
    site.query("UPDATE things SET i = 9, d = 'Infinity' WHERE id = 3");
    site.query("UPDATE things SET id = 4 WHERE id = 3");
    site.query("UPDATE things SET t = NULL, y = '' WHERE id = 1");
    site.query("ALTER TABLE things ADD COLUMN added text");
    site.query("UPDATE things SET added = 'x' WHERE id = 2");
    site.query("DELETE FROM things WHERE id = 1");
    site.query("TRUNCATE things");
    const auto ours = await(site, site.topic(), 12), others = await(site, theirs, 12);
    REQUIRE(ours.size() == others.size());
    for (std::size_t i = 0; i < ours.size(); ++i)
        CHECK(comparable(ours[i]) == comparable(others[i]));
}
