#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::orders_pipeline;
using testing::TidewheelCli;

TEST_CASE("plan says what apply would do and how each statement runs, and changes nothing") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    const auto planned = cli.run({"plan", file});
    INFO(planned.errors);
    REQUIRE(planned.status == 0);
    CHECK_THAT(planned.output,
               Catch::Matchers::ContainsSubstring("view by_shop: to be created") &&
                   Catch::Matchers::ContainsSubstring("all of 2") &&
                   Catch::Matchers::ContainsSubstring("state_by_shop") &&
                   Catch::Matchers::ContainsSubstring("the first row of a key stays"));
    CHECK(cli.value("SELECT count(*) FROM tidewheel.streams") == "0");
    kafka::Admin admin(testing::kafka());
    CHECK(!admin.partitions(cli.topic));

    REQUIRE(cli.run({"apply", file}).status == 0);
    CHECK_THAT(cli.run({"plan", file}).output,
               Catch::Matchers::ContainsSubstring("view by_shop: unchanged"));
    CHECK_THAT(cli.run({"plan"}).output, Catch::Matchers::ContainsSubstring("rows dear_orders"));
    CHECK(cli.run({"apply", "--dry-run", file}).output == cli.run({"plan", file}).output);
}
