// How long until everything is applied again: each recovery has a time that is promised.
#include <csignal>
#include <cstdio>

#include "numbers.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;

namespace {

// Kafka gives a silent member up after so long (session.timeout.ms).
constexpr auto group_timeout = 10s;

// From now until everything that was sent is applied; fails when that takes longer than promised.
void recovers(const Numbers& numbers, const std::string& from, std::chrono::milliseconds promised) {
    const auto began = std::chrono::steady_clock::now();
    numbers.catch_up(promised);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("recovery from %s: %.1f s of %.0f s\n", from.c_str(), took.count(),
                static_cast<double>(promised.count()) / 1000);
    CHECK(numbers.difference() == "");
}

}  // namespace

TEST_CASE("another worker takes over from one that was killed, within the promised time") {
    Numbers numbers;
    auto aggregator = numbers.start("tidewheel-aggregator");
    auto owner = numbers.start("tidewheel-worker");
    numbers.send_more();
    numbers.catch_up();
    auto other = numbers.start("tidewheel-worker");
    owner->signal(SIGKILL);
    numbers.send_more();
    recovers(numbers, "a killed worker", group_timeout + 5s);
}

TEST_CASE("another worker takes over from one that froze with a batch, within the promised time") {
    Numbers numbers;
    auto aggregator = numbers.start("tidewheel-aggregator");
    auto frozen =
        numbers.start("tidewheel-worker", {"TIDEWHEEL_FAILPOINTS=before_progress=stop@1"});
    numbers.send_more();
    eventually("it is frozen", [&] { return frozen->stopped(); });
    auto other = numbers.start("tidewheel-worker");
    recovers(numbers, "a frozen worker", group_timeout + 10s);
    frozen->signal(SIGKILL);
}

TEST_CASE("services continue after a restart of PostgreSQL within the promised time", "[outage]") {
    PrivatePostgres database;
    Numbers numbers(database.url(), testing::kafka());
    auto worker = numbers.start("tidewheel-worker"),
         aggregator = numbers.start("tidewheel-aggregator");
    numbers.send_more();
    numbers.catch_up();
    database.kill();
    numbers.send_more();
    database.start();
    recovers(numbers, "a restart of PostgreSQL", 10s);
}
