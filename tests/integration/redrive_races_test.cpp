// A redrive is exact whatever runs beside it, and wherever it is killed.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "redrives.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;

namespace {

std::unique_ptr<Process> start_redrive(const Deployment& deployment) {
    return deployment.start_command({"dlq", "redrive", "--yes"});
}

}  // namespace

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
