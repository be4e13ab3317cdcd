#include "tidewheel_cli.hpp"

// What apply does with the topics of its streams.
using namespace tidewheel;
using testing::orders_pipeline;
using testing::orders_stream;
using testing::TidewheelCli;

TEST_CASE("apply refuses partitions that differ from the topic's, naming both numbers") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    kafka::Admin admin(testing::kafka());
    REQUIRE(admin.create_topic(cli.topic, 3));
    const auto applied = cli.run({"apply", cli.file(orders_pipeline)});
    CHECK(applied.status == 3);
    CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("has 3 partitions") &&
                                   Catch::Matchers::ContainsSubstring("says 2"));
    CHECK(cli.value("SELECT count(*) FROM tidewheel.streams") == "0");
}

TEST_CASE(
    "a topic that grew is worth a warning once its stream is applied, one that shrank is refused") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    REQUIRE(cli.run({"apply", file}).status == 0);
    kafka::Admin admin(testing::kafka());
    const auto remake = [&](int partitions) {
        admin.delete_topic(cli.topic);
        testing::eventually("the topic is gone", [&] { return !admin.partitions(cli.topic); });
        REQUIRE(admin.create_topic(cli.topic, partitions));
    };
    remake(3);
    const auto grown = cli.run({"apply", file});
    INFO(grown.errors);
    CHECK(grown.status == 0);
    CHECK_THAT(grown.output, Catch::Matchers::ContainsSubstring("warning: orders: topic") &&
                                 Catch::Matchers::ContainsSubstring("has 3 partitions") &&
                                 Catch::Matchers::ContainsSubstring("says 2"));
    remake(1);
    const auto shrunk = cli.run({"apply", file});
    CHECK(shrunk.status == 3);
    CHECK_THAT(shrunk.errors, Catch::Matchers::ContainsSubstring("has 1 partitions"));
}

TEST_CASE("apply refuses a second stream on a topic, naming the first") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string second =
        "CREATE FOREIGN TABLE again (id integer) SERVER kafka OPTIONS (topic '{topic}', partitions "
        "'2');\n";
    const auto require_named = [&](const TidewheelCli::Finished& applied) {
        CHECK(applied.status == 3);
        CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("is read by stream ") &&
                                       Catch::Matchers::ContainsSubstring("orders already"));
        CHECK(cli.value("SELECT to_regclass('again')") == "NULL");
    };
    SECTION("in one file") {
        require_named(cli.run({"apply", cli.file(orders_stream + second)}));
    }
    SECTION("in the catalogue") {
        REQUIRE(cli.run({"apply", cli.file(orders_stream)}).status == 0);
        require_named(cli.run({"apply", cli.file(second, "second.sql")}));
    }
}

TEST_CASE("apply refuses to make a topic anew that is gone although its records were applied") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    REQUIRE(cli.run({"apply", file}).status == 0);
    cli.query("UPDATE tidewheel.progress SET next_offset = 7");
    kafka::Admin admin(testing::kafka());
    admin.delete_topic(cli.topic);
    testing::eventually("the topic is gone", [&] { return !admin.partitions(cli.topic); });
    const auto applied = cli.run({"apply", file});
    CHECK(applied.status == 3);
    CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("is gone"));
}

TEST_CASE("topics that the brokers would not create are refused by line, and none is created") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(
        "CREATE FOREIGN TABLE good (id int) SERVER kafka OPTIONS (topic '{topic}.good');\n"
        "CREATE FOREIGN TABLE bad (id int) SERVER kafka\n"
        "    OPTIONS (topic '{topic}.bad', replication '3');\n"
        "CREATE FOREIGN TABLE worse (id int) SERVER kafka\n"
        "    OPTIONS (topic '{topic}.worse', replication '4');\n");
    for (const std::string command : {"plan", "apply"}) {
        const auto refused = cli.run({command, file});
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors,
                   Catch::Matchers::ContainsSubstring("pipeline.sql:3:") &&
                       Catch::Matchers::ContainsSubstring("pipeline.sql:5:") &&
                       Catch::Matchers::ContainsSubstring(cli.topic + ".bad can't be created") &&
                       Catch::Matchers::ContainsSubstring("leave replication out"));
    }
    kafka::Admin admin(testing::kafka());
    CHECK_FALSE(admin.partitions(cli.topic + ".good"));
    CHECK(cli.value("SELECT to_regclass('good')") == "NULL");
}
