#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::orders_pipeline;
using testing::TidewheelCli;

TEST_CASE("drop takes a view with its state, leaves a table, and refuses a stream that is read") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    REQUIRE(cli.run({"apply", file}).status == 0);

    const auto refused = cli.run({"drop", "orders", "--yes"});
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors,
               Catch::Matchers::ContainsSubstring("is read by dear_orders, by_shop"));

    REQUIRE(cli.run({"drop", "by_shop", "dear_orders", "--yes"}).status == 0);
    CHECK(cli.value("SELECT to_regclass('by_shop')") == "NULL");
    CHECK(cli.value("SELECT to_regclass('tidewheel.state_by_shop')") == "NULL");
    CHECK(cli.value("SELECT to_regclass('dear_orders')") == "dear_orders");
    CHECK(cli.value("SELECT count(*) FROM tidewheel.progress") == "0");

    REQUIRE(cli.run({"apply", file}).status == 0);
    CHECK(cli.value("SELECT obj_description('by_shop'::regclass)") == "what shops sell");
    REQUIRE(cli.run({"drop", "orders", "--cascade", "--yes"}).status == 0);
    CHECK(cli.value("SELECT to_regclass('orders')") == "NULL");
    CHECK(cli.value("SELECT count(*) FROM tidewheel.streams") == "0");
}

TEST_CASE("drop of something that was never applied is a usage error and raises no version") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    CHECK(cli.run({"drop", "nothing", "--yes"}).status == 2);
    CHECK(cli.value("SELECT version FROM tidewheel.catalogue") == "1");
}

TEST_CASE("drop without a terminal to ask on wants --yes, and drops nothing") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const auto refused = cli.run({"drop", "by_shop"});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Catch::Matchers::ContainsSubstring("add --yes"));
    CHECK(cli.value("SELECT to_regclass('by_shop')") == "by_shop");
}
