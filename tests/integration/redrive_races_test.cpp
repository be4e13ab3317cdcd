// A redrive is exact whatever runs beside it, and wherever it is killed.
#include <atomic>
#include <csignal>
#include <thread>

#include "redrives.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;

namespace {

std::unique_ptr<Process> start_redrive(const Deployment& deployment,
                                       std::vector<std::string> environment = {}) {
    return deployment.start_command({"dlq", "redrive", "--yes"}, std::move(environment));
}

// All records but the first thousand are dead letters, which the rules take now.
void park_and_mend(const Deployment& deployment, int count) {
    deployment.send(0, numbers(0, count / 2));
    deployment.send(1, numbers(count / 2, count));
    deployment.arrive();
    REQUIRE(letters(deployment) == std::to_string(count - 1000));
    mend_rules(deployment);
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
    const int corrected_at = sent;
    eventually("more is stored", [&] {
        deployment.must({"dlq", "redrive", "--yes"});
        return sent > corrected_at + 2000;
    });
    load.request_stop();
    load.join();
    deployment.arrive();
    // The last that was parked by the old rules.
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(letters(deployment) == "0");
    holds_each_once(deployment, sent);
}

TEST_CASE("a redrive that is killed at any step stores everything once") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    constexpr int count = 24000;
    park_and_mend(deployment, count);
    for (const std::string place : {"before_copy", "during_copy", "after_copy", "before_rows",
                                    "before_views", "before_commit", "after_commit"}) {
        for (const std::string pass : {"1", "2"}) {
            INFO(place << ", pass " << pass);
            const auto redrive =
                start_redrive(deployment, {"TIDEWHEEL_FAILPOINTS=" + place + "=kill@" + pass});
            CHECK(redrive->wait() == 128 + SIGKILL);
            CHECK(letters(deployment) != "0");
        }
    }
    CHECK(start_redrive(deployment)->wait() == 0);
    CHECK(letters(deployment) == "0");
    holds_each_once(deployment, count);
}

TEST_CASE("two redrives at once store everything once") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    constexpr int count = 12000;
    park_and_mend(deployment, count);
    auto one = start_redrive(deployment), other = start_redrive(deployment);
    CHECK(one->wait() == 0);
    CHECK(other->wait() == 0);
    CHECK(letters(deployment) == "0");
    holds_each_once(deployment, count);
}
