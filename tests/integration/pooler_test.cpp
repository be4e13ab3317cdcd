// Behind a pooler a backend is somebody's for a while only, and a copy of a catalogue tells of
// backends of another database.
#include "tidewheel/postgres/pooler.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

#include "numbers.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Address {
    std::string user, password, host, port, database;
    explicit Address(const std::string& url) {
        postgres::Connection connection(url);
        const auto row = connection.query("SELECT current_user, current_database()")[0];
        user = row.text(0);
        database = row.text(1);
        const auto at = url.find('@'), colon = url.find(':', at), slash = url.find('/', colon);
        const auto secret = url.find(':', url.find("://") + 3) + 1;
        password = url.substr(secret, at - secret);
        host = url.substr(at + 1, colon - at - 1);
        port = url.substr(colon + 1, slash - colon - 1);
    }
};

// pgbouncer before one database, in one of its modes.
class Pooler {
  public:
    Pooler(const std::string& url, const std::string& mode) : address_(url) {
        for (int attempt = 0; attempt < 5 && !try_start(mode); ++attempt) {
        }
        if (!process_) throw std::runtime_error("pgbouncer doesn't start");
    }
    std::string url() const {
        return "postgresql://" + address_.user + "@127.0.0.1:" + std::to_string(port_) + "/" +
               address_.database;
    }

  private:
    // It doesn't run as root; what it reads, its user must be able to.
    bool try_start(const std::string& mode) {
        port_ = free_port();
        const std::string path =
            std::filesystem::temp_directory_path() / (unique("pgbouncer") + ".ini");
        std::ofstream(path) << "[databases]\n* = host=" << address_.host
                            << " port=" << address_.port << " user=" << address_.user
                            << " password=" << address_.password
                            << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
                            << "\nauth_type = any\nunix_socket_dir =\npool_mode = " << mode
                            << "\ndefault_pool_size = 30\nmax_client_conn = 200\n";
        std::filesystem::permissions(path, std::filesystem::perms::others_read,
                                     std::filesystem::perm_options::add);
        std::vector<std::string> command{"pgbouncer", path};
        if (::geteuid() == 0) command.insert(command.begin(), {"runuser", "-u", "postgres", "--"});
        process_ = std::make_unique<Process>(command);
        try {
            eventually("pgbouncer answers", [&] {
                if (!process_->running()) throw std::runtime_error(process_->errors());
                return !postgres::Connection(url()).query("SELECT 1").empty();
            });
        } catch (const std::runtime_error&) {
            process_.reset();
        }
        std::filesystem::remove(path);
        return process_ != nullptr;
    }

    Address address_;
    int port_ = 0;
    std::unique_ptr<Process> process_;
};

// CI installs it (deploy/stack/setup.sh).
bool lacks_pgbouncer() {
    if (run({"bash", "-c", "command -v pgbouncer"}).status == 0) return false;
    WARN("not tested: pgbouncer is not installed");
    return true;
}

bool says(Process& process, const std::string& words) {
    return process.errors().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("behind a pooler in session mode, no other client's session is ended") {
    if (lacks_pgbouncer()) return;
    Numbers numbers;
    const Pooler pooler(numbers.url(), "session");
    const std::string through = "TIDEWHEEL_DATABASE=" + pooler.url();
    numbers.send_more();
    auto aggregator = numbers.start("tidewheel-aggregator");
    auto former = numbers.start_alone("tidewheel-worker", {through});
    numbers.catch_up();
    former->signal(GENERATE(SIGTERM, SIGKILL));
    former->wait(12s);
    // The backends of the former worker are theirs now.
    std::vector<std::future<std::size_t>> innocents;
    for (int i = 0; i < 6; ++i)
        innocents.push_back(std::async(std::launch::async, [&] {
            return postgres::Session(pooler.url(), "innocent").run("SELECT pg_sleep(6)").size();
        }));
    eventually("they are all at work", [&] {
        return numbers.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT "
                   "pg_sleep(6)' AND datname = current_database()") == "6";
    });
    auto present = numbers.start_alone("tidewheel-worker", {through});
    numbers.send_more();
    numbers.catch_up();
    for (auto& innocent : innocents)
        CHECK(innocent.get() == 1);
    CHECK(numbers.difference() == "");
}

TEST_CASE("a pooler that hands backends from client to client is noticed at the start") {
    if (lacks_pgbouncer()) return;
    Numbers numbers;
    const Pooler pooler(numbers.url(), GENERATE("transaction", "statement"));
    auto worker = numbers.start_alone("tidewheel-worker", {"TIDEWHEEL_DATABASE=" + pooler.url()});
    CHECK(worker->wait(20s) == 2);
    CHECK_THAT(worker->errors(),
               ContainsSubstring("from client to client") && ContainsSubstring("session mode"));
}

TEST_CASE("a pooler is told apart by what it does, not by luck") {
    if (lacks_pgbouncer()) return;
    TemporaryDatabase database;
    CHECK_NOTHROW(postgres::require_own_backend(database.url()));
    {
        const Pooler pooler(database.url(), "session");
        CHECK_NOTHROW(postgres::require_own_backend(pooler.url()));
    }
    const Pooler pooler(database.url(), "transaction");
    for (int i = 0; i < 10; ++i)
        CHECK_THROWS_AS(postgres::require_own_backend(pooler.url()), Error);
}

TEST_CASE("a copy of the database takes up its own work, and production's sessions survive") {
    Numbers numbers;
    numbers.send_more();
    auto aggregator = numbers.start("tidewheel-aggregator"),
         worker = numbers.start("tidewheel-worker");
    numbers.catch_up();
    const TemporaryDatabase copy;
    const Finished copied = run({"bash", "-c",
                                 "set -o pipefail; pg_dump \"$1\" | psql -qX -v ON_ERROR_STOP=1 "
                                 "\"$2\"",
                                 "copy", numbers.url(), copy.url()});
    INFO(copied.errors);
    REQUIRE(copied.status == 0);
    REQUIRE(run({program("tidewheel"), "init", "--take-over"}, {"TIDEWHEEL_DATABASE=" + copy.url()})
                .status == 0);
    postgres::Connection rival(numbers.url(), "rival");
    {
        postgres::Transaction lock(rival);
        lock.run("LOCK TABLE stored");
        numbers.send_more();
        eventually("production waits in the middle of a batch", [&] {
            return numbers.value(
                       "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = "
                       "current_database() AND wait_event_type = 'Lock'") == "t";
        });
        auto stranger =
            numbers.start_alone("tidewheel-worker", {"TIDEWHEEL_DATABASE=" + copy.url()});
        eventually(
            "the copy's worker is at work",
            [&] {
                return postgres::Connection(copy.url())
                           .query(
                               "SELECT min(next_offset) FROM tidewheel.progress p JOIN "
                               "tidewheel.statements s ON s.id = p.statement_id WHERE s.kind = "
                               "'rows'")[0]
                           .integer(0) == numbers.sent();
            },
            9s);
        CHECK(says(*stranger, "lane opened"));
    }
    numbers.catch_up();
    CHECK_THAT(worker->errors(), !ContainsSubstring("terminating connection"));
    CHECK(numbers.difference() == "");
}
