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

TEST_CASE(
    "plan says what services compute themselves, and why they leave a statement to PostgreSQL") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline +
                                      "\nCREATE MATERIALIZED VIEW loud AS SELECT initcap(shop) AS "
                                      "shop, count(*) AS n FROM orders "
                                      "GROUP BY initcap(shop);\n");
    const auto lines_of = [&](const std::string& name, const std::vector<std::string>& command) {
        const auto planned = cli.run(command);
        INFO(planned.output << planned.errors);
        REQUIRE(planned.status == 0);
        const auto start = planned.output.find(name);
        const auto at = planned.output.find("\n    executor", start);
        return planned.output.substr(at + 1, planned.output.find('\n', at + 1) - at - 1);
    };
    const auto check = [&](const std::vector<std::string>& command) {
        CHECK(lines_of("view by_shop", command) == "    executor    native");
        CHECK(lines_of("rows dear_orders", command) == "    executor    native");
        CHECK(lines_of("view loud", command) == "    executor    PostgreSQL: function initcap");
    };
    check({"plan", file});
    REQUIRE(cli.run({"apply", file}).status == 0);
    check({"plan", file});
    check({"plan"});
}

TEST_CASE("plan shows what changes in a statement, line by line") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    std::string changed = orders_pipeline;
    changed.replace(changed.find("price > 10"), 10, "price > 20");
    changed.replace(changed.find("what shops sell"), 15, "sales by shop");
    changed.replace(changed.find("    shop  text    NOT NULL"), 26, "    shop  text");
    const auto planned = cli.run({"plan", cli.file(changed)});
    INFO(planned.output << planned.errors);
    REQUIRE(planned.status == 0);
    CHECK_THAT(planned.output,
               Catch::Matchers::ContainsSubstring(
                   "     CREATE FOREIGN TABLE orders (\n"
                   "         id    integer NOT NULL,\n"
                   "    -    shop  text    NOT NULL,\n"
                   "    +    shop  text,\n"
                   "         price numeric(10,2) NOT NULL CHECK (price >= 0),\n") &&
                   Catch::Matchers::ContainsSubstring("    -INSERT INTO dear_orders") &&
                   Catch::Matchers::ContainsSubstring("    +COMMENT ON MATERIALIZED VIEW") &&
                   !Catch::Matchers::ContainsSubstring("-CREATE MATERIALIZED VIEW by_shop"));

    const auto document = cli.run({"plan", "--json", cli.file(changed)}).json();
    int with_texts = 0;
    for (const codec::Json& statement : document.find("statements")->items()) {
        if (!statement.find("before")) continue;
        ++with_texts;
        CHECK(statement.find("before")->string() != statement.find("after")->string());
    }
    CHECK(with_texts == 3);
    const auto same = cli.run({"plan", "--json", cli.file(orders_pipeline)}).json();
    for (const codec::Json& statement : same.find("statements")->items())
        CHECK(!statement.find("before"));
}
