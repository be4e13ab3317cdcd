// tidewheel reset: sets where statements continue. (Lost data and recreated topics:
// missing_data_test.cpp.)
#include "steady_load.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL, store text) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE plain (n integer);
INSERT INTO plain SELECT n FROM numbers;
CREATE TABLE keyed (n integer PRIMARY KEY);
INSERT INTO keyed SELECT n FROM numbers ON CONFLICT DO NOTHING;
CREATE TABLE counted (store text PRIMARY KEY, n integer);
INSERT INTO counted SELECT store, n FROM numbers ON CONFLICT (store) DO UPDATE SET n = counted.n + excluded.n;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM numbers;
)";

// Two partitions of five records each, all of them applied.
class Applied : public Deployment {
  public:
    Applied() {
        REQUIRE(apply(pipeline).status == 0);
        for (const int partition : {0, 1})
            for (int n = 0; n < 5; ++n)
                send(partition,
                     {R"({"n": )" + std::to_string(5 * partition + n) + R"(, "store": "a"})"});
    }
    void run() { run_until(10); }
    void run_until(int records) {
        auto worker = start("tidewheel-worker"), aggregator = start("tidewheel-aggregator");
        arrive();
        CHECK(value("SELECT n FROM total") == std::to_string(records));
    }
    std::string progress(const std::string& statement) const {
        return value(
            "SELECT string_agg(coalesce(next_offset::text, '-'), ' ' ORDER BY partition) FROM "
            "tidewheel.progress JOIN tidewheel.statements s ON s.id = statement_id WHERE s.name = "
            "'" +
            statement + "'");
    }
    std::string skipped() const {
        return value(
            "SELECT coalesce(string_agg(s.name || ' ' || partition || ': ' || begin_offset || '-' "
            "|| end_offset || ' ' || reason, ', ' ORDER BY s.name, partition, begin_offset), '') "
            "FROM tidewheel.skipped JOIN tidewheel.statements s ON s.id = statement_id");
    }
};

}  // namespace

TEST_CASE("reset forward skips records, and records which and why") {
    Applied deployment;
    deployment.must({"reset", "plain", "--partition", "0", "--to", "2", "--yes"});
    deployment.must({"reset", "plain", "--partition", "1", "--to", "latest", "--reason",
                     "test data of Monday", "--yes"});
    CHECK(deployment.progress("plain") == "2 5");
    CHECK(deployment.skipped() == "plain 0: 0-2 reset, plain 1: 0-5 test data of Monday");
    deployment.run();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM plain") == "2 3 4");
    CHECK(deployment.value("SELECT count(*) FROM keyed") == "10");
}

TEST_CASE("reset to a time continues with the first record of that time") {
    Applied deployment;  // all of its records have the time 2026-01-01
    deployment.must({"reset", "plain", "--to", "2025-12-31T23:59Z", "--yes"});
    CHECK(deployment.skipped().empty());
    deployment.must({"reset", "plain", "--to", "2026-01-01T00:00:01Z", "--yes"});
    CHECK(deployment.progress("plain") == "5 5");
    const Finished wrong = deployment.tidewheel({"reset", "plain", "--to", "yesteryear", "--yes"});
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.errors, ContainsSubstring("yesteryear is not a position in a topic"));
}

TEST_CASE("reset backward is refused where it would store or count twice") {
    Applied deployment;
    deployment.run();
    for (const std::string statement : {"plain", "counted", "total"}) {
        const Finished refused =
            deployment.tidewheel({"reset", statement, "--to", "earliest", "--yes"});
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring("twice"));
        CHECK(deployment.progress(statement) == "5 5");
    }
    const Finished view =
        deployment.tidewheel({"reset", "total", "--to", "earliest", "--yes", "--allow-duplicates"});
    CHECK(view.status == 3);
    CHECK_THAT(view.errors, ContainsSubstring("tidewheel rebuild total"));
}

TEST_CASE(
    "reset backward reads again where ON CONFLICT forbids duplicates, or a human allows them") {
    Applied deployment;
    deployment.must({"reset", "plain", "--partition", "0", "--to", "3", "--yes"});
    deployment.run();
    deployment.query("DELETE FROM keyed WHERE n = 1");
    deployment.must({"reset", "keyed", "--to", "earliest", "--yes"});
    deployment.must({"reset", "plain", "--partition", "0", "--to", "1", "--allow-duplicates",
                     "--reason", "they were good", "--yes"});
    CHECK(deployment.skipped() == "plain 0: 0-1 reset");
    deployment.run();
    CHECK(deployment.value("SELECT count(*) FROM keyed") == "10");
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM plain") ==
          "1 2 3 3 4 4 5 6 7 8 9");
}

TEST_CASE("a record that is read again loses its dead letter when it can be stored now") {
    Applied deployment;
    deployment.query("ALTER TABLE keyed ADD CHECK (n <> 7)");
    deployment.run();
    CHECK(deployment.value("SELECT \"offset\" FROM tidewheel.dead_letters") == "2");
    deployment.query("ALTER TABLE keyed DROP CONSTRAINT keyed_n_check");
    deployment.must({"reset", "keyed", "--partition", "1", "--to", "2", "--yes"});
    deployment.run();
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    CHECK(deployment.value("SELECT count(*) FROM keyed") == "10");
}

TEST_CASE("reset asks first, and a dry run only says what would happen") {
    Applied deployment;
    deployment.run();
    const Finished asked = deployment.tidewheel({"reset", "keyed", "--to", "earliest"});
    CHECK(asked.status == 2);
    CHECK_THAT(asked.errors, ContainsSubstring("--yes"));
    const Finished dry = deployment.tidewheel(
        {"reset", "keyed", "--to", "earliest", "--partition", "1", "--dry-run"});
    CHECK(dry.status == 0);
    CHECK(dry.output ==
          "keyed, " + deployment.topic() +
              "[1]: continues at 0 and reads 5 offsets again; nothing is stored for plain, counted "
              "until it finishes\n");
    CHECK(deployment.progress("keyed") == "5 5");
    const Finished several = deployment.tidewheel({"reset", "keyed", "--to", "2", "--yes"});
    CHECK(several.status == 2);
    CHECK_THAT(several.errors, ContainsSubstring("Add --partition"));
    const Finished beyond =
        deployment.tidewheel({"reset", "keyed", "--to", "6", "--partition", "0", "--yes"});
    CHECK(beyond.status == 2);
    CHECK_THAT(beyond.errors, ContainsSubstring("from 0 up to 5"));
    const Finished both =
        deployment.tidewheel({"reset", "keyed", "--topic-recreated", deployment.topic(), "--yes"});
    CHECK(both.status == 2);
}

TEST_CASE("reset under load: what isn't skipped is stored once") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    SteadyLoad load(deployment.topic(), 2);
    const auto stored = [&] { return std::stoi(deployment.value("SELECT count(*) FROM plain")); };
    for (int round = 0; round < 4; ++round) {
        const int before = stored();
        eventually("records flow", [&] { return stored() > before + 200; });
        deployment.must({"reset", "plain", "total", "--to", "latest", "--yes"});
        deployment.must({"reset", "keyed", "--to", "earliest", "--yes"});
    }
    const int sent = load.stop();
    deployment.arrive();
    const auto skipped_by = [&](const std::string& name) {
        return std::stoi(deployment.value(
            "SELECT coalesce(sum(end_offset - begin_offset), 0) FROM tidewheel.skipped JOIN "
            "tidewheel.statements s ON s.id = statement_id WHERE s.name = '" +
            name + "'"));
    };
    CHECK(stored() + skipped_by("plain") == sent);
    CHECK(deployment.value("SELECT count(*) - count(DISTINCT n) FROM plain") == "0");
    CHECK(std::stoi(deployment.value("SELECT n FROM total")) + skipped_by("total") == sent);
    CHECK(deployment.value("SELECT count(*) FROM keyed") == std::to_string(sent));
}
