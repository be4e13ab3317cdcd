#include <sstream>
#include <thread>

#include "tidewheel/postgres/backend_mark.hpp"
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
        "owner = 'w1', owner_session = 1");
    const auto ownerless = cli.run({"status", "--partitions"});
    CHECK_THAT(ownerless.output, !Catch::Matchers::ContainsSubstring("w1"));
    postgres::Connection owner(cli.database().url());
    owner.query("UPDATE tidewheel.progress SET owner_session = $1::bigint",
                {std::to_string(postgres::show_presence(owner))});
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

TEST_CASE("status says that data is missing where a topic was recreated, and --wait fails") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    say_applied(cli, 2);
    check_missing(cli, "topic " + cli.topic +
                           ", partition 0: the next offset is 2, but the topic holds the offsets "
                           "from 0 up to 0");
}

TEST_CASE("status says that data is missing where records were deleted before they were read") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.produce({"1", "2", "3"});
    kafka::Admin(testing::kafka()).delete_records(cli.topic, 0, 2);
    say_applied(cli, 1);
    check_missing(cli, "topic " + cli.topic +
                           ", partition 0: the next offset is 1, but the topic holds the offsets "
                           "from 2 up to 3");

    // What was never begun starts at the oldest record, and what was all read lacks nothing.
    cli.query("UPDATE tidewheel.progress SET next_offset = NULL");
    CHECK_THAT(cli.run({"status"}).output, !Catch::Matchers::ContainsSubstring("missing"));
    say_applied(cli, 2);
    CHECK_THAT(cli.run({"status"}).output, !Catch::Matchers::ContainsSubstring("missing"));
}

TEST_CASE("freshness is the age of the oldest record that waits, and nothing when none does") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    kafka::Producer producer(testing::kafka());
    const auto ago = [](std::chrono::seconds age) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   (std::chrono::system_clock::now() - age).time_since_epoch())
            .count();
    };
    producer.send(cli.topic, {0, std::nullopt, "1", {}, ago(std::chrono::seconds(3600))});
    producer.send(cli.topic, {0, std::nullopt, "2", {}, ago(std::chrono::seconds(90))});
    REQUIRE(producer.flush(std::chrono::seconds(20)));
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
    cli.query("UPDATE tidewheel.progress SET record_time = now() - interval '1 h'");
    CHECK(freshness() >= 90);  // not the hour since the newest record applied
    CHECK(freshness() < 1000);
    CHECK_THAT(cli.run({"status"}).output, Catch::Matchers::ContainsSubstring("  1 min "));
    say_applied(cli, 0);
    CHECK(freshness() >= 3600);
    say_applied(cli, 2);
    CHECK(freshness() == 0);
    cli.query("UPDATE tidewheel.progress SET next_offset = NULL");
    CHECK_THAT(cli.run({"status"}).output, Catch::Matchers::ContainsSubstring("not begun"));
}

TEST_CASE("freshness of statements that wait at different places of one partition") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.produce({"1", "2", "3"});
    cli.query(
        "UPDATE tidewheel.progress p SET next_offset = CASE WHEN p.partition = 1 THEN 0 WHEN "
        "s.name "
        "= 'by_shop' THEN 1 ELSE 2 END FROM tidewheel.statements s WHERE s.id = p.statement_id");
    const auto shown = cli.run({"status", "--json"}).json();
    for (const codec::Json& statement : shown.find("statements")->items())
        CHECK_FALSE(statement.find("freshness_seconds")->is_null());
}

TEST_CASE("status without Kafka shows what PostgreSQL knows") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    say_applied(cli, 7);
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"tidewheel", "status", "--database",
                                             cli.database().url(), "--kafka", "127.0.0.1:1"});
        std::vector<const char*> argv;
        for (const std::string& argument : arguments)
            argv.push_back(argument.c_str());
        std::ostringstream out, err;
        const int status = cli::run_program(static_cast<int>(argv.size()), argv.data(), out, err);
        return TidewheelCli::Finished{status, out.str(), err.str()};
    };
    const auto shown = run({"--partitions", "--explain"});
    CHECK(shown.status == 5);
    CHECK_THAT(shown.output, Catch::Matchers::ContainsSubstring("dear_orders") &&
                                 Catch::Matchers::ContainsSubstring("7") &&
                                 !Catch::Matchers::ContainsSubstring("gone") &&
                                 !Catch::Matchers::ContainsSubstring("is current"));
    CHECK_THAT(shown.errors, Catch::Matchers::ContainsSubstring("Kafka") &&
                                 Catch::Matchers::ContainsSubstring("127.0.0.1:1"));
    const auto programs = run({"--json"});
    CHECK(programs.status == 5);
    const codec::Json statement = programs.json().find("statements")->items().at(0);
    CHECK(statement.find("lag")->is_null());
    CHECK(statement.find("freshness_seconds")->is_null());
    CHECK_FALSE(statement.find("topic_gone")->boolean());
    CHECK(statement.find("partitions")->items().at(0).find("next_offset")->integer() == 7);
}

TEST_CASE("status takes the names of statements, streams and topics") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const auto names = [&](const std::string& name) {
        std::string list;
        const auto shown = cli.run({"status", name, "--json"}).json();
        for (const codec::Json& statement : shown.find("statements")->items())
            list += statement.find("name")->string() + " ";
        return list;
    };
    CHECK(names("by_shop") == "by_shop ");
    CHECK(names("orders") == "by_shop dear_orders ");
    CHECK(names(cli.topic) == "by_shop dear_orders ");
    const auto refused = cli.run({"status", "nobody"});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Catch::Matchers::ContainsSubstring("nobody"));
    CHECK(cli.run({"status", "by_shop", "--wait", "--timeout", "5"}).status == 0);
}

TEST_CASE("status shows the partitions of an owner as ranges") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    std::string wide = orders_pipeline;
    wide.replace(wide.find("partitions '2'"), 14, "partitions '6'");
    REQUIRE(cli.run({"apply", cli.file(wide)}).status == 0);
    postgres::Connection owner(cli.database().url());
    owner.query(
        "UPDATE tidewheel.progress SET next_offset = 0, owner = 'w1', owner_session = $1 WHERE "
        "partition <> 4",
        {std::to_string(postgres::show_presence(owner))});
    CHECK_THAT(cli.run({"status"}).output, Catch::Matchers::ContainsSubstring("w1[0-3,5]"));
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
