#include <algorithm>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/postgres/dead_letters.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// Dead letters that are redriven: each statement that missed a record has it once, whatever runs
// beside, and wherever it is killed.
using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (
    n      integer NOT NULL CONSTRAINT small CHECK (n < 1000),
    store  text    NOT NULL,
    origin text    OPTIONS (header 'origin')
) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE whole (n integer, store varchar(6), origin text);
INSERT INTO whole SELECT n, store, origin FROM numbers;
CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n, sum(n) AS sum FROM numbers GROUP BY store;
)";

constexpr const char* later_view =
    "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM numbers;\n";

std::string number(int n, const std::string& store = "s") {
    return R"({"n": )" + std::to_string(n) + R"(, "store": ")" + store + "\"}";
}

// {first, first + step, …}, before last. From 1000 on, the stream's rules refuse them.
std::vector<std::string> numbers(int first, int last, int step = 1) {
    std::vector<std::string> values;
    for (int n = first; n < last; n += step)
        values.push_back(number(n, "s" + std::to_string(n % 7)));
    return values;
}

// Some records pass the stream's rules that did not.
void mend_rules(const Deployment& deployment) {
    std::string mended = pipeline;
    const std::string rule = " CONSTRAINT small CHECK (n < 1000)";
    mended.replace(mended.find(rule), rule.size(), "");
    const Finished applied = deployment.apply(mended);
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
}

struct Services {
    explicit Services(const Deployment& deployment)
        : worker(deployment.start("tidewheel-worker")),
          aggregator(deployment.start("tidewheel-aggregator")) {}
    std::unique_ptr<Process> worker, aggregator;
};

void require_applied(Deployment& deployment, const std::string& sql = pipeline) {
    const Finished applied = deployment.apply(sql);
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
}

std::unique_ptr<Process> start_redrive(const Deployment& deployment) {
    return std::make_unique<Process>(
        std::vector<std::string>{program("tidewheel"), "dlq", "redrive", "--yes"},
        std::vector<std::string>{"TIDEWHEEL_DATABASE=" + deployment.url(),
                                 "TIDEWHEEL_KAFKA=" + testing::kafka().brokers});
}

std::string letters(const Deployment& deployment) {
    return deployment.value("SELECT count(*) FROM tidewheel.dead_letters");
}

void is_verified(const Deployment& deployment) {
    const Finished verified = deployment.tidewheel({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}

// 0, 1, … before `count` are each there once.
void holds_each_once(const Deployment& deployment, int count) {
    CHECK(deployment.value("SELECT count(*) FROM whole") == std::to_string(count));
    CHECK(deployment.value("SELECT count(DISTINCT n) FROM whole") == std::to_string(count));
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == std::to_string(count));
    is_verified(deployment);
}

}  // namespace

TEST_CASE("what rules refused that were mended since is stored once in all that missed it") {
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
    is_verified(deployment);

    mend_rules(deployment);
    const Finished verified = deployment.tidewheel({"verify"});
    INFO(verified.output);
    CHECK(verified.status == 0);
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
    "a redrive gives a record to the statements that missed it, and tells who refuses it now") {
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
    is_verified(deployment);

    deployment.query("ALTER TABLE whole ALTER store TYPE varchar(20)");
    CHECK(deployment.tidewheel({"dlq", "redrive", "--yes", "--statement", "whole"}).status == 0);
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM whole") ==
          "0 1 1002 1003");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "4");
    CHECK(letters(deployment) == "1");
    is_verified(deployment);
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
    SECTION("it is behind, and meets it under the mended rules") {
        mend_rules(deployment);
        deployment.must({"dlq", "redrive", "--yes"});
        CHECK(letters(deployment) == "0");
        services = std::make_unique<Services>(deployment);
    }
    SECTION("it has passed it under the mended rules") {
        mend_rules(deployment);
        services = std::make_unique<Services>(deployment);
        deployment.arrive();
        CHECK(deployment.value("SELECT n FROM total") == "20");
        CHECK(letters(deployment) == "10");
        is_verified(deployment);
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
    is_verified(deployment);
}

TEST_CASE("a redrive beside services under load, while the rules change, is exact") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    std::atomic<int> sent = 0;
    std::jthread load([&](std::stop_token stop) {
        while (!stop.stop_requested()) {
            const int first = sent;
            deployment.send(first / 200 % 2, numbers(first, first + 200));
            sent = first + 200;
        }
    });
    eventually("there are dead letters", [&] { return std::stoi(letters(deployment)) > 500; });
    deployment.tidewheel({"dlq", "redrive", "--yes"});
    mend_rules(deployment);
    const int mended_at = sent;
    eventually(
        "more is stored",
        [&] {
            deployment.must({"dlq", "redrive", "--yes"});
            return sent > mended_at + 2000;
        },
        std::chrono::seconds(90));
    load.request_stop();
    load.join();
    deployment.arrive();
    // The last that was parked by the old rules.
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(letters(deployment) == "0");
    holds_each_once(deployment, sent);
}

TEST_CASE("a redrive that is killed again and again stores everything once") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    constexpr int count = 16000;
    deployment.send(0, numbers(0, count / 2));
    deployment.send(1, numbers(count / 2, count));
    deployment.arrive();
    REQUIRE(letters(deployment) == std::to_string(count - 1000));
    mend_rules(deployment);
    std::minstd_rand random(5);
    unsigned longest = 8;  // moments; more where a batch takes its time
    int kills = 0, status = -1;
    for (int tries = 0; tries < 60 && status != 0; ++tries) {
        auto redrive = start_redrive(deployment);
        eventually("it is at work", [&] {
            return !redrive->running() || deployment.value(
                                              "SELECT count(*) FROM pg_stat_activity "
                                              "WHERE application_name = 'tidewheel "
                                              "redrive'") != "0";
        });
        const std::string before = letters(deployment);
        auto moments = static_cast<int>(random() % longest);
        eventually("a moment", [&] { return moments-- == 0 || !redrive->running(); });
        const bool killed = redrive->running();
        redrive->signal(SIGKILL);
        status = redrive->wait();
        kills += killed && status != 0;
        if (letters(deployment) == before) longest = std::min(2 * longest, 2048u);
    }
    CHECK(status == 0);
    CHECK(kills >= 2);
    CHECK(letters(deployment) == "0");
    holds_each_once(deployment, count);
}

TEST_CASE("two redrives at once store everything once") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    constexpr int count = 12000;
    deployment.send(0, numbers(0, count / 2));
    deployment.send(1, numbers(count / 2, count));
    deployment.arrive();
    mend_rules(deployment);
    auto one = start_redrive(deployment), other = start_redrive(deployment);
    CHECK(one->wait() == 0);
    CHECK(other->wait() == 0);
    CHECK(letters(deployment) == "0");
    holds_each_once(deployment, count);
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
    CHECK_THAT(waiting.errors, ContainsSubstring("statement whole can't be run"));
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "10");
    deployment.query("ALTER TABLE hidden RENAME TO whole");
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(deployment.value("SELECT count(*) FROM whole") == "10");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "10");
    is_verified(deployment);
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
        postgres::forget_missed(transaction, static_cast<int>(id.at(0).integer(0)),
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

TEST_CASE("dead letters that are discarded are given up, and all the rest stays right") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    deployment.send(0, numbers(995, 1005));
    deployment.arrive();
    CHECK(deployment.tidewheel({"dlq", "discard", "--yes"}).status == 2);  // of nothing chosen
    const Finished unasked = deployment.tidewheel({"dlq", "discard", "--all"});
    CHECK(unasked.status == 2);
    deployment.must({"dlq", "discard", "--yes", "--since", "1 hour"});
    CHECK(letters(deployment) == "5");
    CHECK(deployment.value("SELECT count(coalesce(key, headers::text::bytea, payload)) FROM "
                           "tidewheel.dead_letters") == "0");
    CHECK_THAT(deployment.tidewheel({"dlq", "list"}).output, ContainsSubstring("No dead letters"));
    CHECK_THAT(deployment.tidewheel({"dlq", "list", "--discarded"}).output,
               ContainsSubstring("check_violation"));
    is_verified(deployment);
    mend_rules(deployment);
    is_verified(deployment);
    CHECK_THAT(deployment.tidewheel({"dlq", "redrive", "--yes"}).output,
               ContainsSubstring("stored: 0"));
    CHECK(letters(deployment) == "5");
    CHECK(deployment.value("SELECT count(*) FROM whole") == "5");
    is_verified(deployment);
}

TEST_CASE("a redrive into ON CONFLICT DO UPDATE warns, and keeps the letters' order") {
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
