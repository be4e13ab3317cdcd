// The same for what moves records beside statements, and for the outbox.
#include <csignal>
#include <cstdio>
#include <thread>

#include "integration/applied.hpp"
#include "integration/captured.hpp"
#include "integration/changefeed_service.hpp"
#include "integration/source_service.hpp"
#include "integration/webhooks.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;

namespace {

// So long a Kafka client keeps what it is given, as if the brokers were that slow.
const std::string slow_kafka = "TIDEWHEEL_KAFKA_OPTIONS=linger.ms=4000";

// A service, as users run it or without the guard.
struct Player {
    std::string program;  // tidewheel-ingress, or tidewheel-ingress-weakened
    std::string weaken;

    std::unique_ptr<Process> start(const Deployment& site,
                                   std::vector<std::string> environment = {}) const {
        environment.push_back("TIDEWHEEL_WEAKEN=" + weaken);
        environment.emplace_back("TIDEWHEEL_INGRESS_LISTEN=127.0.0.1:0");
        environment.emplace_back("TIDEWHEEL_RETRY_LONGEST=500ms");
        return site.start(program, std::move(environment));
    }
};

void kill(Process& process) {
    process.signal(SIGKILL);
    process.wait();
}

bool says(const Process& process, const std::string& words) {
    return process.errors().find(words) != std::string::npos;
}

// It dies after its third commit to Kafka, or in the middle of the second one.
std::string die_after_a_commit(const Player& player) {
    const Deployment site;
    require_applied(site, R"(
CREATE TABLE products (id int PRIMARY KEY);
CREATE FOREIGN TABLE changes (op text) SERVER kafka OPTIONS (topic '{topic}', changes_of 'public.products');
)");
    site.query("INSERT INTO products VALUES (0)");
    int rows = 1;
    {
        const auto doomed = player.start(site, {"TIDEWHEEL_FAILPOINTS=after_commit=kill@5"});
        eventually("it dies", [&] {
            site.query("INSERT INTO products VALUES ($1)", {std::to_string(rows++)});
            return !doomed->running();
        });
    }
    const auto next = player.start(site);
    await_changes(site, static_cast<std::size_t>(rows));
    site.query("INSERT INTO products VALUES (-1)");
    eventually("the last one is there", [&] {
        const auto changes = changes_in(site);
        return !changes.empty() && changes.back().key == R"({"id":-1})";
    });
    const auto found = static_cast<int>(changes_in(site).size());
    return found == rows + 1 ? "" : std::to_string(found - rows - 1) + " changes are doubled";
}

// It dies when a file is complete but has no name.
std::string die_before_a_name(const Player& player) {
    const Deployment site;
    const Captured files;
    require_applied(site, R"(
CREATE FOREIGN TABLE numbers (n integer) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE FOREIGN TABLE stored (n integer) SERVER files OPTIONS (path 'all/{partition}/{first}', format 'ndjson', roll_after '2 s');
INSERT INTO stored SELECT n FROM numbers;
)");
    const std::string directory = "TIDEWHEEL_CAPTURE_DIRECTORY=" + files.path();
    const auto worker = site.start("tidewheel-worker");
    const auto doomed = player.start(site, {directory, "TIDEWHEEL_FAILPOINTS=before_link=kill@1"});
    site.send(0, {R"({"n":1})", R"({"n":2})"});
    eventually("it dies", [&] { return !doomed->running(); });
    const auto next = player.start(site, {directory});
    site.send(0, {R"({"n":3})"});
    site.arrive();
    eventually(
        "the last row is in a file",
        [&] {
            const auto rows = files.rows();
            return !rows.empty() && rows.back().find("n")->integer() == 3;
        },
        30s);
    const auto found = files.rows().size();
    return found == 3 ? "" : std::to_string(3 - found) + " rows are in no file";
}

// It is killed when its client has the answer.
std::string die_after_an_answer(const Player& player) {
    const Deployment site;
    require_applied(site,
                    "CREATE FOREIGN TABLE s (n integer) SERVER kafka OPTIONS (topic '{topic}', "
                    "partitions '1', ingress '/s');");
    const auto ingress = player.start(site, {slow_kafka, "TIDEWHEEL_INGRESS_DELIVERY_TIME=20s"});
    eventually("it listens", [&] { return says(*ingress, "ingress=http://"); });
    const std::string log = ingress->errors();
    const auto at = log.find("ingress=http://") + 8;
    const std::string url = log.substr(at, log.find_first_of(" \n", at) - at) + "/s";
    eventually("it is ready",
               [&] { return http::fetch("GET", admin_url(*ingress) + "/readyz").status == 200; });
    const int status = http::fetch("POST", url, R"({"n":1})", "application/json", 30s).status;
    kill(*ingress);
    if (status != 202) return "answered " + std::to_string(status);
    return values_in(site).size() == 1 ? "" : "a record that was accepted is lost";
}

// It is killed when it has stored what it has seen.
std::string die_after_a_note(const Player& player) {
    const Deployment site;
    Rest rest;
    rest.has(R"([{"id":"a"}])", "\"1\"");
    require_applied(site,
                    "CREATE FOREIGN TABLE assets (id text) SERVER kafka OPTIONS (topic '{topic}', "
                    "partitions '1', source '" +
                        rest.url() + "', source_interval '1 s');");
    const auto doomed = player.start(site, {slow_kafka});
    eventually("it has stored it", [&] {
        return site.value("SELECT count(*) FROM tidewheel.sources WHERE etag IS NOT NULL") == "1";
    });
    kill(*doomed);
    const auto next = player.start(site);
    eventually(
        "it is polled again", [&] { return rest.answered_304() > 1; }, 30s);
    return values_in(site).size() == 1 ? "" : "a body that was seen is lost";
}

// What users run comes through; without the guard it shows.
template <class Scenario>
void require_guard(const std::string& service, const std::string& guard, Scenario&& scenario) {
    CHECK(scenario(Player{"tidewheel-" + service, guard}) == "");
    const std::string wrong = scenario(Player{"tidewheel-" + service + "-weakened", guard});
    CHECK(wrong != "");
    std::printf("without %s: %s\n", guard.c_str(), wrong.c_str());
}

// Two transactions store a row each; the one that began first commits last.
std::set<std::int64_t> delivered_of_two(bool is_guarded) {
    const Deployment site;
    const Hook hook;
    require_applied(site, "CREATE FOREIGN TABLE sink (n integer) SERVER webhook OPTIONS (url '" +
                              hook.url() + "');");
    if (!is_guarded) site.query("DROP TRIGGER tidewheel_lock_lane ON sink");
    const auto notifier = start_notifier(site);
    postgres::Connection first(site.url(), "first");
    postgres::Transaction transaction(first);
    transaction.run("INSERT INTO sink VALUES (1)");
    std::jthread second([&] { site.query("INSERT INTO sink VALUES (2)"); });
    const auto waits = [&] {
        return site.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                   "current_database() AND wait_event_type = 'Lock'") == "1";
    };
    eventually("the second waits, or is delivered",
               [&] { return is_guarded ? waits() : hook.ids().size() == 1; });
    transaction.commit();
    second.join();
    site.query("INSERT INTO sink VALUES (3)");
    std::set<std::int64_t> rows;
    eventually("the last one is delivered", [&] {
        for (const Hook::Request& each : hook.accepted())
            rows.insert(codec::Json::parse(each.body)->find("data")->find("n")->integer());
        return rows.contains(3);
    });
    return rows;
}

}  // namespace

TEST_CASE("with the position apart from the records, a changefeed doubles changes") {
    require_guard("changefeed", "position_apart", die_after_a_commit);
}

TEST_CASE("with progress before the file has its name, rows are in no file") {
    require_guard("capture", "progress_before_file", die_before_a_name);
}

TEST_CASE("with an answer before Kafka's, a record that was accepted is lost") {
    require_guard("ingress", "answer_before_kafka", die_after_an_answer);
}

TEST_CASE("with a note before Kafka's answer, a body is lost") {
    require_guard("source", "note_before_kafka", die_after_a_note);
}

TEST_CASE("without the lock of the outbox's lane, a row that commits late is not delivered") {
    CHECK(delivered_of_two(true).size() == 3);
    CHECK(delivered_of_two(false).size() == 2);
}
