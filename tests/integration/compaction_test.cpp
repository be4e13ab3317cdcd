// Kafka takes records out of the middle of a compacted topic: what was computed from them can't be
// computed again.
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::Deployment;

namespace {

const std::string pipeline =
    "CREATE FOREIGN TABLE changes (amount integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', "
    "partitions '1');\n"
    "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(amount) AS amount FROM changes;\n";

void send(const Deployment& deployment, const std::string& key, const std::string& value) {
    kafka::Producer producer(deployment.kafka());
    producer.send(deployment.topic(), {0, std::string_view(key), std::string_view(value), {}, 0});
    REQUIRE(producer.flush(std::chrono::seconds(20)));
    REQUIRE(producer.deliveries().failed == 0);
}

std::int64_t records_left(const Deployment& deployment) {
    const auto end = kafka::Admin(deployment.kafka()).watermarks(deployment.topic(), 0).second;
    std::int64_t records = 0;
    kafka::read_partition(deployment.kafka(), {deployment.topic(), 0}, 0, end,
                          std::chrono::seconds(20), [&](const engine::Record&) { ++records; });
    return records;
}

// Ten records of one key, and then others until the broker has compacted those. Returns how many
// were sent in all.
std::int64_t send_and_compact(const Deployment& deployment) {
    for (int i = 1; i <= 10; ++i)
        send(deployment, "same", "{\"amount\": " + std::to_string(i) + "}");
    deployment.arrive();
    std::int64_t sent = 10;
    testing::eventually(
        "the broker has compacted the topic",
        [&] {
            send(deployment, "other", R"({"amount": 0})");
            deployment.arrive();
            return records_left(deployment) < ++sent;
        },
        std::chrono::minutes(2));
    return sent;
}

}  // namespace

TEST_CASE(
    "what compaction took is missed by verify, rebuild and apply, and nothing is made wrong") {
    const Deployment deployment;
    kafka::Admin admin(deployment.kafka());
    admin.create_topic(deployment.topic(), 1, -1,
                       {{"cleanup.policy", "compact"},
                        {"min.cleanable.dirty.ratio", "0.01"},
                        {"segment.ms", "100"},
                        {"max.compaction.lag.ms", "100"}});
    CHECK(admin.cleanup_policy(deployment.topic()) == "compact");
    const auto applied = deployment.apply(pipeline);
    CHECK(applied.status == 0);
    CHECK_THAT(applied.output, ContainsSubstring("is compacted"));
    const auto aggregator = deployment.start("tidewheel-aggregator");
    const std::int64_t sent = send_and_compact(deployment);
    const std::string right = std::to_string(sent) + " 55";
    const auto total = [&] { return deployment.value("SELECT n || ' ' || amount FROM total"); };
    REQUIRE(total() == right);

    const auto verified = deployment.tidewheel({"verify"});
    CHECK(verified.status == 6);
    CHECK_THAT(verified.output, ContainsSubstring("NOT VERIFIED") &&
                                    ContainsSubstring("of the " + std::to_string(sent) +
                                                      " records that were applied") &&
                                    !ContainsSubstring("DIFFERS"));
    const auto rebuilt = deployment.tidewheel({"rebuild", "total"});
    CHECK(rebuilt.status == 4);
    CHECK_THAT(rebuilt.errors,
               ContainsSubstring("is compacted") && ContainsSubstring("--allow-truncated-topic"));
    std::string changed = pipeline;
    changed.replace(changed.find("FROM changes;"), 13, "FROM changes WHERE amount >= 0;");
    const auto again = deployment.apply(changed, {"--rebuild"});
    CHECK(again.status == 3);
    CHECK_THAT(again.errors, ContainsSubstring(".sql:2:") && ContainsSubstring("is compacted"));
    CHECK(total() == right);

    REQUIRE(deployment.tidewheel({"rebuild", "total", "--allow-truncated-topic"}).status == 0);
    CHECK(total() != right);
    CHECK(deployment.tidewheel({"verify"}).status == 0);
}

TEST_CASE("a rebuild that finds fewer records than the view is made of leaves the old state") {
    const Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, {R"({"amount": 1})", R"({"amount": 2})", "not JSON"});
    {
        const auto aggregator = deployment.start("tidewheel-aggregator");
        deployment.arrive();
    }
    CHECK(deployment.tidewheel({"verify"}).status == 0);
    CHECK(deployment.tidewheel({"rebuild", "total"}).status == 0);
    CHECK(deployment.value("SELECT records_held FROM tidewheel.progress") == "3");
    // As if there had been one more, which a deletion took.
    deployment.query("UPDATE tidewheel.progress SET records_held = 4");
    deployment.query("UPDATE " + deployment.value("SELECT state_table FROM tidewheel.statements") +
                     " SET a1 = a1 + 1");
    const auto rebuilt = deployment.tidewheel({"rebuild", "total"});
    CHECK(rebuilt.status == 4);
    CHECK_THAT(rebuilt.errors, ContainsSubstring("partition 0 holds 3 of the 4 records"));
    CHECK(deployment.value("SELECT n FROM total") == "3");
    CHECK_THAT(deployment.tidewheel({"verify"}).output,
               ContainsSubstring("[0] holds 3 of the 4 records that were applied"));
    CHECK(deployment.tidewheel({"rebuild", "total", "--allow-truncated-topic"}).status == 0);
    CHECK(deployment.value("SELECT n FROM total") == "2");
    CHECK(deployment.tidewheel({"verify"}).status == 0);
}

TEST_CASE("reset says that a compacted topic is not read again as it was") {
    const Deployment deployment;
    kafka::Admin(deployment.kafka())
        .create_topic(deployment.topic(), 1, -1, {{"cleanup.policy", "compact,delete"}});
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE changes (amount integer NOT NULL) SERVER kafka "
                       "OPTIONS (topic '{topic}', partitions '1');\nCREATE TABLE amounts (amount "
                       "integer PRIMARY KEY);\nINSERT INTO amounts SELECT amount FROM changes ON "
                       "CONFLICT (amount) DO NOTHING;\n")
                .status == 0);
    for (int i = 1; i <= 3; ++i)
        send(deployment, std::to_string(i), "{\"amount\": " + std::to_string(i) + "}");
    const auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    const std::vector<std::string> back{"reset", "amounts", "--to", "earliest"};
    std::vector<std::string> dry = back, yes = back;
    dry.push_back("--dry-run");
    yes.push_back("--yes");
    CHECK_THAT(deployment.tidewheel(dry).output, ContainsSubstring("is compacted"));
    CHECK(deployment.value("SELECT records_held FROM tidewheel.progress") == "3");
    CHECK(deployment.tidewheel(yes).status == 0);
    deployment.arrive();
    CHECK(deployment.value("SELECT records_held FROM tidewheel.progress") == "3");
    CHECK(deployment.tidewheel({"verify"}).status == 0);
}
