// Producers write what they like into a record's time: microseconds and nanoseconds, times before
// 1970, none at all.
#include "applied.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using testing::Deployment;

namespace {

constexpr std::int64_t noon = 1'767'268'800'000;  // 2026-01-01 12:00 UTC

// One record for each time; its id is its offset.
void send_at(const Deployment& deployment, const std::vector<std::int64_t>& times) {
    const std::string any = "9223372036854775807";
    kafka::Admin(deployment.kafka())
        .create_topic(
            deployment.topic(), 1, -1,
            {{"message.timestamp.after.max.ms", any}, {"message.timestamp.before.max.ms", any}});
    kafka::Producer producer(deployment.kafka());
    for (std::size_t i = 0; i < times.size(); ++i) {
        const std::string value = "{\"id\": " + std::to_string(i) + "}";
        producer.send(deployment.topic(), {0, std::nullopt, std::string_view(value), {}, times[i]});
    }
    REQUIRE(producer.flush(std::chrono::seconds(20)));
    REQUIRE(producer.deliveries().first_failure == "");
}

// The last of them must not stay behind in the progress, or `status` can't reckon with it.
const std::vector<std::int64_t> times{
    noon,       -5, noon * 1000, noon * 1'000'000, -1, -62'135'596'800'001, 253'402'300'799'999,
    noon * 1000};

std::string list(const Deployment& deployment, const std::string& query) {
    return deployment.value("SELECT string_agg(q::text, ' ') FROM (" + query + ") q");
}

}  // namespace

TEST_CASE("a record's time that isn't in the years 1 to 9999 is refused by the column it is for") {
    const Deployment deployment;
    send_at(deployment, times);
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE timed (id integer NOT NULL, at timestamptz OPTIONS "
                       "(timestamp 'true')) SERVER kafka OPTIONS (topic '{topic}', partitions "
                       "'1');\nCREATE TABLE kept (id integer PRIMARY KEY, at timestamptz);\n"
                       "INSERT INTO kept SELECT id, at FROM timed ON CONFLICT (id) DO NOTHING;\n")
                .status == 0);
    const auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(list(deployment, "SELECT id, at FROM kept ORDER BY id") ==
          "(0,\"2026-01-01 12:00:00+00\") (1,\"1969-12-31 23:59:59.995+00\") (4,) "
          "(6,\"9999-12-31 23:59:59.999+00\")");
    CHECK(list(deployment,
               "SELECT \"offset\", reason, column_name, record_time FROM tidewheel.dead_letters "
               "ORDER BY 1") ==
          "(2,out_of_range,at,infinity) (3,out_of_range,at,infinity) (5,out_of_range,at,-infinity) "
          "(7,out_of_range,at,infinity)");
    CHECK(deployment.value("SELECT detail FROM tidewheel.dead_letters WHERE \"offset\" = 2") ==
          "the record's time, 1767268800000000 milliseconds since 1970, is not in the years 1 to "
          "9999");
    CHECK(deployment.tidewheel({"status"}).status == 0);
    testing::check_verified(deployment);
    const auto redriven = deployment.tidewheel({"dlq", "redrive", "--yes"});
    INFO(redriven.output << redriven.errors);
    CHECK(deployment.value("SELECT count(*) FROM kept") == "4");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters WHERE reason = "
                           "'out_of_range' AND column_name = 'at'") == "4");
}

TEST_CASE("a record's time is refused by the statement whose now() needs it, and by no other") {
    const Deployment deployment;
    send_at(deployment, times);
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE timed (id integer NOT NULL) SERVER kafka OPTIONS "
                       "(topic '{topic}', partitions '1');\n"
                       "CREATE TABLE stamped (id integer PRIMARY KEY, at timestamptz);\n"
                       "INSERT INTO stamped SELECT id, CASE WHEN id <> 7 THEN now() END FROM timed "
                       "ON CONFLICT (id) DO NOTHING;\n"
                       "CREATE TABLE plain (id integer PRIMARY KEY);\n"
                       "INSERT INTO plain SELECT id FROM timed ON CONFLICT (id) DO NOTHING;\n"
                       "CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM timed;\n")
                .status == 0);
    const auto worker = deployment.start("tidewheel-worker");
    const auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    CHECK(list(deployment, "SELECT id, at FROM stamped ORDER BY id") ==
          "(0,\"2026-01-01 12:00:00+00\") (1,\"1969-12-31 23:59:59.995+00\") (4,) "
          "(6,\"9999-12-31 23:59:59.999+00\") (7,)");
    CHECK(deployment.value("SELECT count(*) FROM plain") == "8");
    CHECK(deployment.value("SELECT n FROM counted") == "8");
    CHECK(list(deployment,
               "SELECT \"offset\", reason, column_name FROM tidewheel.dead_letters ORDER BY 1") ==
          "(2,target_refused,\"now()\") (3,target_refused,\"now()\") (5,target_refused,\"now()\")");
    CHECK(deployment.value("SELECT detail FROM tidewheel.dead_letters WHERE \"offset\" = 2") ==
          "the record's time is not in the years 1 to 9999, and now() needs it");
    const auto status = deployment.tidewheel({"status"});
    INFO(status.output << status.errors);
    CHECK(status.status == 0);
    testing::check_verified(deployment);
}
