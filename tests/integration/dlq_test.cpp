#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::orders_pipeline;
using testing::TidewheelCli;

TEST_CASE("dlq lists, sums up and shows dead letters") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.query(
        "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", record_time, "
        "key, headers, payload, reason, detail, "
        "column_name) SELECT s.id, s.topic, 0, d.* FROM tidewheel.streams s, (VALUES "
        "(1::bigint, now(), 'k'::bytea, '[{\"name\": \"h\", \"value\": \"v\"}]'::jsonb, '{\"id\": "
        "\"x\"}'::bytea, 'wrong_type', '\"x\" is not a whole number (integer)', 'id'), "
        "(2, now(), NULL, '[]', '\\xff00'::bytea, 'not_json', repeat('z', 100), NULL)) d");

    const auto listed = cli.run({"dlq", "list", "--json"}).json();
    CHECK(listed.find("dead_letters")->items().size() == 2);
    CHECK(cli.run({"dlq", "list", "--reason", "wrong_type", "--json"})
              .json()
              .find("dead_letters")
              ->items()
              .size() == 1);
    CHECK(cli.run({"dlq", "list", "--statement", "by_shop", "--json"})
              .json()
              .find("dead_letters")
              ->items()
              .empty());
    CHECK(cli.run({"dlq", "list", "--since", "1 hour", "--limit", "1", "--json"})
              .json()
              .find("dead_letters")
              ->items()
              .size() == 1);
    CHECK_THAT(cli.run({"dlq", "list", "--by", "reason"}).output,
               Catch::Matchers::ContainsSubstring("not_json") &&
                   Catch::Matchers::ContainsSubstring("wrong_type"));

    // A pipe gets all of it; only a terminal has an edge.
    CHECK_THAT(cli.run({"dlq", "list"}).output,
               Catch::Matchers::ContainsSubstring(std::string(100, 'z')));

    const std::string text =
        cli.value("SELECT id FROM tidewheel.dead_letters WHERE reason = 'wrong_type'");
    CHECK_THAT(cli.run({"dlq", "show", text}).output,
               Catch::Matchers::ContainsSubstring("{\"id\": \"x\"}"));
    const std::string bytes =
        cli.value("SELECT id FROM tidewheel.dead_letters WHERE reason = 'not_json'");
    CHECK_THAT(cli.run({"dlq", "show", bytes}).output,
               Catch::Matchers::ContainsSubstring("\\xff00"));
    CHECK(cli.run({"dlq", "show", "999999"}).status == 2);
}
