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

TEST_CASE("a topic may be declared by several streams, and each keeps a group number of its own") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto stream = [](const std::string& name) {
        return "CREATE FOREIGN TABLE " + name +
               " (id integer) SERVER kafka OPTIONS (topic '{topic}', partitions '2');\n";
    };
    const auto numbers = [&] {
        return cli.value(
            "SELECT string_agg(name || ' ' || group_number, ', ' ORDER BY name) FROM "
            "tidewheel.streams");
    };
    REQUIRE(cli.run({"apply", cli.file(stream("a") + stream("b"))}).status == 0);
    CHECK(numbers() == "a 1, b 2");
    REQUIRE(cli.run({"apply", cli.file(stream("c"), "second.sql")}).status == 0);
    CHECK(numbers() == "a 1, b 2, c 3");
    REQUIRE(cli.run({"drop", "--yes", "a"}).status == 0);
    CHECK(numbers() == "b 2, c 3");
    REQUIRE(cli.run({"apply", cli.file(stream("d"), "third.sql")}).status == 0);
    CHECK(numbers() == "b 2, c 3, d 1");
    const auto twice = cli.run({"plan", cli.file(stream("e") + stream("e"), "fourth.sql")});
    CHECK(twice.status == 3);
    CHECK_THAT(twice.errors, Catch::Matchers::ContainsSubstring("fourth.sql:2:"));
}

TEST_CASE("streams that want different topics of one name are refused, naming both") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto stream = [](const std::string& name, const std::string& options) {
        return "CREATE FOREIGN TABLE " + name +
               " (id integer) SERVER kafka OPTIONS (topic '{topic}', " + options + ");\n";
    };
    const auto refused = [&](const std::string& sql, const std::string& what) {
        const auto applied = cli.run({"apply", cli.file(sql)});
        CHECK(applied.status == 3);
        CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("pipeline.sql:2:") &&
                                       Catch::Matchers::ContainsSubstring(what));
    };
    refused(stream("a", "partitions '2'") + stream("b", "partitions '3'"),
            "streams b and a declare different partitions");
    refused(stream("a", "replication '1'") + stream("b", "replication '2'"),
            "streams b and a declare different replication");
    CHECK_FALSE(kafka::Admin(testing::kafka()).partitions(cli.topic));
    // What only one of them says goes for both.
    REQUIRE(
        cli.run({"apply", cli.file(stream("a", "partitions '1'") + stream("b", "replication '1'"))})
            .status == 0);
    CHECK(kafka::Admin(testing::kafka()).partitions(cli.topic) == 1);
}

TEST_CASE("apply refuses to recreate a missing topic whose records were applied") {
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
    CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("does not exist"));
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
                       Catch::Matchers::ContainsSubstring("Leave replication out"));
    }
    kafka::Admin admin(testing::kafka());
    CHECK_FALSE(admin.partitions(cli.topic + ".good"));
    CHECK(cli.value("SELECT to_regclass('good')") == "NULL");
}
