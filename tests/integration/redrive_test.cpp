// Dead letters that are redriven: each statement that missed a record has it once.
#include "redrives.hpp"
#include "tidewheel/catalogue/dead_letters.hpp"
#include "tidewheel/kafka/producer.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* later_view =
    "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM numbers;\n";

}  // namespace

TEST_CASE("what rules refused that were corrected since is stored once in all that missed it") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    deployment.send(0, numbers(0, 1010, 2));
    deployment.send(1, numbers(1, 1010, 2));
    deployment.arrive();
    REQUIRE(letters(deployment) == "10");

    const Finished refused = deployment.tidewheel({"dlq", "redrive", "--yes"});
    CHECK(refused.status == 1);
    CHECK_THAT(refused.output,
               ContainsSubstring("stored: 0; refused again: 10 (check_violation 10)"));
    CHECK(deployment.value("SELECT count(tried_at) FROM tidewheel.dead_letters") == "10");
    check_verified(deployment);

    mend_rules(deployment);
    const Finished verified = check_verified(deployment);
    CHECK_THAT(verified.output,
               ContainsSubstring("10 dead letters") && ContainsSubstring("dlq redrive"));
    const Finished tried = deployment.tidewheel({"dlq", "redrive", "--dry-run"});
    CHECK(tried.status == 0);
    CHECK_THAT(tried.output, ContainsSubstring("would be stored: 10"));
    CHECK(letters(deployment) == "10");
    const Finished part = deployment.tidewheel(
        {"dlq", "redrive", "--yes", "--partition", "1", "--reason", "check_violation"});
    CHECK_THAT(part.output, ContainsSubstring("stored: 5"));
    const Finished rest = deployment.tidewheel({"dlq", "redrive", "--yes"});
    CHECK(rest.status == 0);
    CHECK_THAT(rest.output, ContainsSubstring("stored: 5"));
    CHECK(letters(deployment) == "0");
    holds_each_once(deployment, 1010);
    CHECK(deployment.value("SELECT sum(rows_written) FROM tidewheel.progress p JOIN "
                           "tidewheel.statements s ON s.id = p.statement_id WHERE kind = 'rows'") ==
          "1010");
    CHECK(deployment.value("SELECT count(*) FROM whole WHERE origin IS DISTINCT FROM 'test'") ==
          "0");
}

TEST_CASE(
    "a redrive gives a record to the statements that missed it, and says which refuse it now") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    deployment.send(0, {number(0), number(1, "too long"), number(1002, "too long"), number(1003),
                        R"({"n": "x", "store": "s"})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(reason || ' ' || cardinality(missed_by), ', ' ORDER "
                           "BY \"offset\") FROM tidewheel.dead_letters") ==
          "target_refused 1, check_violation 2, check_violation 2, wrong_type 2");
    mend_rules(deployment);
    const Finished mixed = deployment.tidewheel({"dlq", "redrive", "--yes", "--json"});
    CHECK(mixed.status == 1);
    INFO(mixed.output << mixed.errors);
    CHECK_THAT(mixed.output, ContainsSubstring("\"stored\": 1") &&
                                 ContainsSubstring("\"target_refused\": 2") &&
                                 ContainsSubstring("\"wrong_type\": 1"));
    // The view has the record; the table doesn't, and says so.
    CHECK(deployment.value("SELECT string_agg(reason || ' ' || s.name, ', ' ORDER BY \"offset\") "
                           "FROM tidewheel.dead_letters JOIN tidewheel.statements s ON s.id = "
                           "statement_id AND missed_by = ARRAY[s.id]") ==
          "target_refused whole, target_refused whole");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "4");
    check_verified(deployment);

    deployment.query("ALTER TABLE whole ALTER store TYPE varchar(20)");
    CHECK(deployment.tidewheel({"dlq", "redrive", "--yes", "--statement", "whole"}).status == 0);
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM whole") ==
          "0 1 1002 1003");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "4");
    CHECK(letters(deployment) == "1");
    check_verified(deployment);
}

TEST_CASE("a view that came later has the record by itself, and a redrive doesn't give it twice") {
    Deployment deployment;
    require_applied(deployment);
    auto services = std::make_unique<Services>(deployment);
    deployment.send(0, numbers(990, 1010));
    deployment.arrive();
    REQUIRE(letters(deployment) == "10");
    services.reset();
    require_applied(deployment, std::string(pipeline) + later_view);
    SECTION("it is behind, and meets it under the corrected rules") {
        mend_rules(deployment);
        deployment.must({"dlq", "redrive", "--yes"});
        CHECK(letters(deployment) == "0");
        services = std::make_unique<Services>(deployment);
    }
    SECTION("it has passed it under the corrected rules") {
        mend_rules(deployment);
        services = std::make_unique<Services>(deployment);
        deployment.arrive();
        CHECK(deployment.value("SELECT n FROM total") == "20");
        CHECK(letters(deployment) == "10");
        check_verified(deployment);
        deployment.must({"dlq", "redrive", "--yes"});
    }
    SECTION("it has missed it, too") {
        services = std::make_unique<Services>(deployment);
        deployment.arrive();
        CHECK(letters(deployment) == "10");
        mend_rules(deployment);
        deployment.must({"dlq", "redrive", "--yes"});
    }
    deployment.arrive();
    CHECK(letters(deployment) == "0");
    CHECK(deployment.value("SELECT n FROM total") == "20");
    CHECK(deployment.value("SELECT count(*) FROM whole") == "20");
    check_verified(deployment);
}

TEST_CASE("a statement that can't be run keeps its share of a dead letter") {
    Deployment deployment;
    require_applied(deployment);
    auto services = std::make_unique<Services>(deployment);
    deployment.send(0, numbers(995, 1005));
    deployment.arrive();
    services.reset();
    mend_rules(deployment);
    deployment.query("ALTER TABLE whole RENAME TO hidden");
    const Finished waiting = deployment.tidewheel({"dlq", "redrive", "--yes"});
    CHECK(waiting.status == 1);
    CHECK_THAT(waiting.output, ContainsSubstring("waiting for a statement: 5"));
    CHECK_THAT(waiting.errors, ContainsSubstring("statement whole cannot be run"));
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "10");
    deployment.query("ALTER TABLE hidden RENAME TO whole");
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(deployment.value("SELECT count(*) FROM whole") == "10");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "10");
    check_verified(deployment);
}

TEST_CASE("a redrive leaves a paused statement alone, which has its share once it is resumed") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    deployment.send(0, numbers(995, 1005));
    deployment.arrive();
    deployment.must({"pause", "whole"});
    mend_rules(deployment);
    const Finished waiting = deployment.tidewheel({"dlq", "redrive", "--yes"});
    INFO(waiting.output << waiting.errors);
    CHECK(waiting.status == 1);
    CHECK_THAT(waiting.output, ContainsSubstring("waiting for a statement: 5"));
    CHECK(deployment.value("SELECT count(*) FROM whole") == "5");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "10");
    deployment.must({"resume", "whole"});
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(letters(deployment) == "0");
    CHECK(deployment.value("SELECT count(*) FROM whole") == "10");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "10");
    check_verified(deployment);
}

TEST_CASE("a statement that is going to read again misses nothing there any more") {
    Deployment deployment;
    require_applied(deployment);
    auto services = std::make_unique<Services>(deployment);
    deployment.send(0, {number(1000), number(1, "too long"), number(1001)});
    deployment.arrive();
    services.reset();
    const auto forget = [&](const std::string& statement, std::int64_t from) {
        postgres::Connection connection(deployment.url());
        postgres::Transaction transaction(connection);
        const auto id =
            transaction.query("SELECT id FROM tidewheel.statements WHERE name = $1", {statement});
        catalogue::forget_missed(transaction, static_cast<int>(id.at(0).integer(0)),
                                 deployment.topic(), 0, from);
        transaction.commit();
    };
    const auto missed = [&] {
        return deployment.value(
            "SELECT string_agg(\"offset\" || ':' || cardinality(missed_by), ' ' ORDER BY "
            "\"offset\") FROM tidewheel.dead_letters");
    };
    CHECK(missed() == "0:2 1:1 2:2");
    forget("whole", 1);
    CHECK(missed() == "0:2 2:1");
    forget("by_store", 1);
    CHECK(missed() == "0:2");
}

TEST_CASE("a redriven record is the one that came, with its key, headers and time") {
    Deployment deployment;
    require_applied(deployment, R"(
CREATE FOREIGN TABLE notes (
    n      integer NOT NULL CHECK (n < 0),
    k      text OPTIONS (key 'true'),
    sent   timestamptz OPTIONS (timestamp 'true'),
    place  bigint OPTIONS ("offset" 'true'),
    origin text OPTIONS (header 'origin')
) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE kept (n integer, k text, sent timestamptz, place bigint, origin text);
INSERT INTO kept SELECT n, k, sent, place, origin FROM notes;
)");
    auto worker = deployment.start("tidewheel-worker");
    kafka::Producer producer(testing::kafka());
    const auto send = [&](std::string_view value, std::string_view origin) {
        const std::pair<std::string_view, std::string_view> header{"origin", origin};
        producer.send(deployment.topic(), {0, "\\x6b", value, {&header, 1}, 1767225600123});
    };
    send(R"({"n": 1})", "\\x4142");
    send(R"({"n": 2})", "ü");
    REQUIRE(producer.flush(std::chrono::seconds(20)));
    deployment.arrive();
    deployment.query("ALTER FOREIGN TABLE notes DROP CONSTRAINT notes_n_check");
    deployment.query("UPDATE tidewheel.catalogue SET version = version + 1");
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(deployment.value("SELECT string_agg(concat_ws(' ', n, k, sent, place, origin), ', ' "
                           "ORDER BY n) FROM kept") ==
          "1 \\x6b 2026-01-01 00:00:00.123+00 0 \\x4142, 2 \\x6b 2026-01-01 00:00:00.123+00 1 ü");
}

TEST_CASE("a redrive into ON CONFLICT DO UPDATE warns, and keeps the dead letters' order") {
    Deployment deployment;
    require_applied(deployment, R"(
CREATE FOREIGN TABLE prices (id integer NOT NULL, price integer NOT NULL CHECK (price < 100))
SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE latest (id integer PRIMARY KEY, price integer CHECK (price <> 7));
INSERT INTO latest SELECT id, price FROM prices ON CONFLICT (id) DO UPDATE SET price = excluded.price;
CREATE MATERIALIZED VIEW all_prices AS SELECT count(*) AS n FROM prices;
)");
    Services services(deployment);
    const auto price = [](int value) {
        return R"({"id": 1, "price": )" + std::to_string(value) + "}";
    };
    deployment.send(0, {price(1), price(101), price(7), price(102), price(2)});
    deployment.arrive();
    REQUIRE(letters(deployment) == "3");
    deployment.query("ALTER TABLE latest DROP CONSTRAINT latest_price_check");
    deployment.query("ALTER FOREIGN TABLE prices DROP CONSTRAINT prices_price_check");
    deployment.query("UPDATE tidewheel.catalogue SET version = version + 1");
    CHECK_THAT(deployment.tidewheel({"dlq", "redrive", "--dry-run"}).errors,
               ContainsSubstring("latest has ON CONFLICT DO UPDATE"));
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(deployment.value("SELECT price FROM latest") == "102");
}
