// Whatever a server refuses for reasons of its own is waited for: no good record becomes a dead
// letter, memory stays bounded, and everything is caught up with when it heals.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "numbers.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/testing/disk.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// Both services at work, with a record of their logs.
class Services {
  public:
    explicit Services(const Numbers& numbers) {
        for (const char* name : {"tidewheel-worker", "tidewheel-aggregator"})
            processes_.push_back(numbers.start(name));
    }
    // Since the last call, at least one service has said this.
    void say(const std::string& words) {
        eventually("a service says: " + words, [&] {
            for (std::size_t i = 0; i < processes_.size(); ++i)
                if (processes_[i]->errors().find(words, heard_[i]) != std::string::npos)
                    return true;
            return false;
        });
        for (std::size_t i = 0; i < processes_.size(); ++i)
            heard_[i] = processes_[i]->errors().size();
    }
    Process& worker() { return *processes_[0]; }

  private:
    std::vector<std::unique_ptr<Process>> processes_;
    std::size_t heard_[2] = {0, 0};
};

void set_read_only(postgres::Session& admin, bool on) {
    admin.run(std::string("ALTER SYSTEM SET default_transaction_read_only = ") +
              (on ? "on" : "off"));
    admin.run("SELECT pg_reload_conf()");
}

// Takes every connection that there is, those of the services, too.
std::vector<std::unique_ptr<postgres::Connection>> take_all_connections(postgres::Session& admin,
                                                                        const std::string& url) {
    std::vector<std::unique_ptr<postgres::Connection>> taken;
    eventually("no connection is left", [&] {
        admin.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE"
            " 'tidewheel-worker%' OR application_name LIKE 'tidewheel-aggregator%'");
        try {
            for (;;)
                taken.push_back(std::make_unique<postgres::Connection>(url, "guest"));
        } catch (const postgres::DatabaseError&) {
        }
        return admin.run("SELECT FROM pg_stat_activity WHERE application_name LIKE 'tidewheel-%'")
            .empty();
    });
    return taken;
}

long kilobytes(const Process& process, const std::string& field) {
    std::ifstream file("/proc/" + std::to_string(process.pid()) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
    throw std::logic_error("no " + field);
}

}  // namespace

TEST_CASE("a database that refuses for reasons of its own costs no record and parks none",
          "[outage]") {
    PrivatePostgres database({"TIDEWHEEL_POSTGRES_OPTIONS=max_connections=30"});
    Numbers numbers(database.url(), testing::kafka());
    postgres::Session admin(database.url(), "admin");
    Services services(numbers);
    numbers.send_more();
    numbers.catch_up();

    set_read_only(admin, true);
    numbers.send_more();
    services.say("read-only transaction");
    set_read_only(admin, false);
    numbers.catch_up();
    services.say("lane continues");
    CHECK(numbers.difference() == "");

    {
        const auto taken = take_all_connections(admin, database.url());
        numbers.send_more();
        services.say("too many clients");
    }
    numbers.catch_up();
    CHECK(numbers.difference() == "");
}

TEST_CASE("a deadlock with somebody else's transaction costs a retry, and nothing else") {
    Numbers numbers;
    numbers.send_more();
    auto worker = numbers.start("tidewheel-worker"),
         aggregator = numbers.start("tidewheel-aggregator");
    numbers.catch_up();
    postgres::Connection connection(numbers.url(), "rival");
    // So that the service's transaction is the victim.
    connection.query("SET deadlock_timeout = '1min'");
    postgres::Connection watch(numbers.url());
    {
        postgres::Transaction rival(connection);
        rival.query("SELECT FROM tidewheel.progress FOR UPDATE");
        numbers.send_more();
        // An idle lane waits for its progress, too, but has changed no total.
        eventually("an aggregator's lane waits for its progress, and has changed totals", [&] {
            return !watch
                        .query(
                            "SELECT FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE "
                            "wait_event_type = 'Lock' AND application_name LIKE "
                            "'tidewheel-aggregator%' AND relation = "
                            "'tidewheel.state_totals'::regclass AND mode = 'RowExclusiveLock' AND "
                            "granted")
                        .empty();
        });
        rival.query("SELECT FROM tidewheel.state_totals FOR UPDATE");
    }
    numbers.catch_up();
    eventually("PostgreSQL has counted the deadlock", [&] {
        return numbers.value(
                   "SELECT deadlocks > 0 FROM pg_stat_database WHERE datname = "
                   "current_database()") == "t";
    });
    CHECK_THAT(aggregator->errors(), !ContainsSubstring("batch failed"));
    CHECK(numbers.difference() == "");
}

TEST_CASE("a disk that is full is waited for, and nothing is parked or doubled", "[outage]") {
    if (!Disk::may_be_had()) {
        WARN("not tested: only root can mount a small disk");
        return;
    }
    const Disk disk("4m", "postgres");
    PrivatePostgres database;
    Numbers numbers(database.url(), testing::kafka());
    postgres::Session admin(database.url(), "admin");
    admin.run("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
    admin.run("ALTER TABLE stored SET TABLESPACE small");
    admin.run(
        "CREATE TABLE ballast TABLESPACE small AS SELECT repeat('x', 8000) FROM generate_series(1, "
        "1)");
    Services services(numbers);
    numbers.send_more();
    numbers.catch_up();
    try {
        for (;;)  // a page at a time, until there is no room
            admin.run(
                "INSERT INTO ballast SELECT string_agg(md5(i::text), '') FROM generate_series(1, "
                "200) i");
    } catch (const postgres::DatabaseError& full) {
        REQUIRE(full.sqlstate() == "53100");
    }
    numbers.send_more(4000);
    services.say("No space left on device");
    disk.resize("64m");
    numbers.catch_up();
    CHECK(numbers.difference() == "");
}

TEST_CASE("servers that freeze and thaw cost nothing", "[outage]") {
    PrivatePostgres database;
    PrivateKafka broker;
    Numbers numbers(database.url(), broker.settings(),
                    {"TIDEWHEEL_STALL_AFTER=1s", "TIDEWHEEL_KAFKA_OPTIONS=socket.timeout.ms=2000"});
    Services services(numbers);
    const std::string ready = admin_url(services.worker()) + "/readyz";
    const auto names_failure_of = [&](const std::string& words) {
        return http::fetch("GET", ready).body.find(words) != std::string::npos;
    };
    numbers.send_more();
    numbers.catch_up();
    database.freeze();
    numbers.send_more();
    eventually("the worker says that it is stuck", [&] { return names_failure_of("PostgreSQL"); });
    database.thaw();
    numbers.catch_up();
    CHECK(numbers.difference() == "");

    broker.freeze();
    eventually("the worker says that no broker answers",
               [&] { return names_failure_of("no broker"); });
    broker.thaw();
    numbers.send_more();
    numbers.catch_up();
    CHECK(numbers.difference() == "");
    CHECK(services.worker().running());
}

TEST_CASE("memory stays bounded while nothing can be written under load", "[outage]") {
    PrivatePostgres database;
    Numbers numbers(database.url(), testing::kafka(), {"TIDEWHEEL_BATCH_ROWS=5000"});
    Services services(numbers);
    numbers.send_more();
    numbers.catch_up();
    const long before = kilobytes(services.worker(), "VmHWM");
    {
        postgres::Connection connection(database.url());
        postgres::Transaction rival(connection);
        rival.run("LOCK TABLE stored");
        numbers.send_more(300'000);
        services.say("lock timeout");
    }
    database.stop();
    numbers.send_more(100'000);
    services.say("waiting");
    const long after = kilobytes(services.worker(), "VmHWM");
    database.start();
    numbers.catch_up();
    CHECK(numbers.difference() == "");
    std::printf(
        "peak memory of the worker: %ld kB at rest, %ld kB while nothing could be written\n",
        before, after);
    CHECK(after - before < 64 * 1024);
    eventually("half of what the backlog needed is given back",
               [&] { return kilobytes(services.worker(), "VmRSS") < (before + after) / 2; });
}

TEST_CASE(
    "a damaged record set stops its lane, which continues without a gap once it is whole again",
    "[outage]") {
    const std::string data = unique_path("private", "log");
    PrivateKafka broker({"TIDEWHEEL_KAFKA_DATA=" + data});
    TemporaryDatabase database;
    Numbers numbers(database.url(), broker.settings());
    numbers.send_more();
    const std::string segment = data + "/" + numbers.topic() + "-0/00000000000000000000.log";
    const auto flip_last_byte = [&] {
        std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(-1, std::ios::end);
        const char byte = static_cast<char>(~file.get());
        file.seekp(-1, std::ios::end);
        file.put(byte);
        REQUIRE(file.flush());
    };
    flip_last_byte();
    Services services(numbers);
    services.say("can't be read");
    CHECK(numbers.progress() < numbers.sent());
    flip_last_byte();
    numbers.catch_up();
    CHECK(numbers.difference() == "");
    std::filesystem::remove_all(data);
}
