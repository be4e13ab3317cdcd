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
        "column_name, missed_by) SELECT s.id, s.topic, 0, d.*, '{}' FROM tidewheel.streams s, "
        "(VALUES "
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

TEST_CASE("dlq export writes a document a line, or a payload a file, and never half of it") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.query(
        "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", record_time, "
        "key, headers, payload, reason, detail, missed_by) SELECT s.id, s.topic, 0, d.*, "
        "ARRAY(SELECT id FROM tidewheel.statements) FROM tidewheel.streams s, (VALUES "
        "(1::bigint, now(), 'k'::bytea, '[]'::jsonb, E'{\"id\":\\n\"x\"}'::bytea, 'wrong_type', "
        "''), (2, now(), NULL, '[]', '\\xff00'::bytea, 'not_json', ''), (3, now(), NULL, '[]', "
        "NULL, 'tombstone', '')) d");
    const auto lines = [](const std::string& text) {
        std::vector<codec::Json> documents;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);)
            documents.push_back(codec::Json::parse(line).value());
        return documents;
    };
    const auto all = lines(cli.run({"dlq", "export"}).output);
    REQUIRE(all.size() == 3);
    CHECK(all[0].find("payload")->string() == "{\"id\":\n\"x\"}");
    CHECK(all[0].find("payload_encoding")->string() == "text");
    CHECK(all[0].find("key")->string() == "k");
    CHECK(all[0].find("missed_by")->items().size() == 2);
    CHECK(all[1].find("payload")->string() == "/wA=");
    CHECK(all[1].find("payload_encoding")->string() == "base64");
    CHECK(all[2].find("payload")->is_null());

    const std::string file = cli.folder() + "/letters.jsonl";
    REQUIRE(cli.run({"dlq", "export", "--reason", "not_json", "--output", file}).status == 0);
    std::stringstream written;
    written << std::ifstream(file).rdbuf();
    CHECK(lines(written.str()).size() == 1);

    const std::string raw = cli.folder() + "/raw";
    CHECK_THAT(cli.run({"dlq", "export", "--raw", raw}).output,
               Catch::Matchers::ContainsSubstring("exported: 2"));
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(raw))
        names.push_back(entry.path().filename().string());
    CHECK(names.size() == 2);
    std::stringstream bytes;
    bytes << std::ifstream(raw + "/" + cli.topic + "-0-2." +
                               cli.value("SELECT id FROM tidewheel.dead_letters WHERE \"offset\" "
                                         "= 2"),
                           std::ios::binary)
                 .rdbuf();
    CHECK(bytes.str() == std::string("\xff\0", 2));

    CHECK(cli.run({"dlq", "export", "--output", cli.folder() + "/no/such/place"}).status == 2);
}

TEST_CASE("dlq says what is wrong with a time") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto listed = cli.run({"dlq", "list", "--since", "yesterweek"});
    CHECK(listed.status == 2);
    CHECK_THAT(listed.errors, Catch::Matchers::ContainsSubstring("neither a time nor an interval"));
}
