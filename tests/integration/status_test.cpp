#include <thread>

#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::orders_pipeline;
using testing::TidewheelCli;

TEST_CASE("status shows lag, and --wait ends when there is none or time runs out") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    CHECK(cli.run({"status", "--wait", "--timeout", "5"}).status == 0);
    cli.produce(
        {R"({"id": 1, "shop": "a", "price": 12})", R"({"id": 2, "shop": "a", "price": 1})"});

    const auto shown = cli.run({"status", "--json"}).json();
    const codec::Json& view = shown.find("statements")->items().at(0);
    CHECK(view.find("name")->string() == "by_shop");
    CHECK(view.find("lag")->integer() == 2);
    const auto timed_out = cli.run({"status", "--wait", "--timeout", "0.5"});
    CHECK(timed_out.status == 5);
    CHECK_THAT(timed_out.errors, Catch::Matchers::ContainsSubstring("still 4 records behind"));

    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN 2 ELSE 0 END, "
        "owner = 'w1', owner_pid = 1, owner_started = now()");
    const auto ownerless = cli.run({"status", "--partitions"});
    CHECK_THAT(ownerless.output, !Catch::Matchers::ContainsSubstring("w1"));
    postgres::Connection owner(cli.database().url());
    owner.query(
        "UPDATE tidewheel.progress SET owner_pid = a.pid, owner_started = a.backend_start FROM "
        "pg_stat_activity a WHERE a.pid = pg_backend_pid()");
    const auto current = cli.run({"status", "--wait", "--timeout", "5", "--partitions"});
    CHECK(current.status == 0);
    CHECK_THAT(current.output, Catch::Matchers::ContainsSubstring("current") &&
                                   Catch::Matchers::ContainsSubstring("w1[0,1]"));
}

TEST_CASE("status shows a topic that is gone") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    kafka::Admin admin(testing::kafka());
    admin.delete_topic(cli.topic);
    testing::eventually("the topic is gone", [&] { return !admin.partitions(cli.topic); });
    const auto shown = cli.run({"status"});
    CHECK(shown.status == 0);
    CHECK_THAT(shown.output, Catch::Matchers::ContainsSubstring("topic gone"));
}

TEST_CASE("status without a catalogue says what to do") {
    TidewheelCli cli;
    const auto shown = cli.run({"status"});
    CHECK(shown.status == 4);
    CHECK_THAT(shown.errors, Catch::Matchers::ContainsSubstring("`tidewheel init`"));
}

namespace {

// Both statements have applied `next` records of partition 0, and nothing of the other.
void say_applied(const TidewheelCli& cli, int next) {
    cli.query("UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN " +
              std::to_string(next) + " ELSE 0 END, record_time = now() - interval '90 s'");
}

void check_missing(const TidewheelCli& cli, const std::string& offsets) {
    CHECK_THAT(cli.run({"status"}).output, Catch::Matchers::ContainsSubstring("data missing") &&
                                               !Catch::Matchers::ContainsSubstring("current"));
    const auto shown = cli.run({"status", "--json"}).json();
    for (const codec::Json& statement : shown.find("statements")->items()) {
        CHECK(statement.find("data_missing")->boolean());
        CHECK(statement.find("partitions")->items().at(0).find("data_missing")->boolean());
        CHECK_FALSE(statement.find("partitions")->items().at(1).find("data_missing")->boolean());
    }
    const auto waited = cli.run({"status", "--wait", "--timeout", "20"});
    CHECK(waited.status == 4);
    CHECK_THAT(waited.errors, Catch::Matchers::ContainsSubstring(offsets) &&
                                  Catch::Matchers::ContainsSubstring("missing-data.md"));
}

}  // namespace

TEST_CASE("status says that data is missing where a topic was made anew, and --wait fails") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    say_applied(cli, 2);
    check_missing(cli, "offset 2 of topic " + cli.topic +
                           ", partition 0, which holds the offsets from 0 up to 0");
}

TEST_CASE("status says that data is missing where records were deleted before they were read") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.produce({"1", "2", "3"});
    kafka::Admin(testing::kafka()).delete_records(cli.topic, 0, 2);
    say_applied(cli, 1);
    check_missing(cli, "offset 1 of topic " + cli.topic +
                           ", partition 0, which holds the offsets from 2 up to 3");

    // What was never begun starts at the oldest record, and what was all read lacks nothing.
    cli.query("UPDATE tidewheel.progress SET next_offset = NULL");
    CHECK_THAT(cli.run({"status"}).output, !Catch::Matchers::ContainsSubstring("missing"));
    say_applied(cli, 2);
    CHECK_THAT(cli.run({"status"}).output, !Catch::Matchers::ContainsSubstring("missing"));
}

TEST_CASE("freshness is a bound while records wait, and nothing when none does") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.produce({"1", "2"});
    const auto freshness = [&] {
        return cli.run({"status", "--json"})
            .json()
            .find("statements")
            ->items()
            .at(0)
            .find("freshness_seconds")
            ->number();
    };
    say_applied(cli, 1);
    CHECK(freshness() >= 90);
    CHECK_THAT(cli.run({"status"}).output, Catch::Matchers::ContainsSubstring("at most 1 min 3"));
    say_applied(cli, 2);
    CHECK(freshness() == 0);
}

TEST_CASE("status counts rows and records a second") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    std::jthread writer([&](std::stop_token stop) {
        postgres::Connection connection(cli.database().url());
        while (!stop.stop_requested())
            connection.query(
                "UPDATE tidewheel.progress SET rows_written = rows_written + 10, records = records "
                "+ 1000 WHERE partition = 0");
    });
    CHECK_THAT(cli.run({"status"}).output, Catch::Matchers::ContainsSubstring("ROWS/S"));
    const auto shown = cli.run({"status", "--json"}).json().find("statements")->items().at(0);
    const double rows = shown.find("rows_per_second")->number();
    CHECK(rows > 0);
    CHECK(shown.find("records_per_second")->number() > 50 * rows);
}
