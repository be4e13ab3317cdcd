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
    CHECK_THAT(shown.errors, Catch::Matchers::ContainsSubstring("tidewheel apply"));
}
