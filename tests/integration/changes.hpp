#pragma once
#include <csignal>
#include <random>

#include "steady_load.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// A pipeline over numbers, changed by `tidewheel apply` while the services run.
namespace tidewheel::testing::changes {

inline const std::string stream = R"(
CREATE FOREIGN TABLE numbers (
    n     integer NOT NULL CHECK (n >= 0),
    store text    NOT NULL,
    part  integer OPTIONS (partition 'true'),
    place bigint  OPTIONS ("offset" 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
)";

inline std::string stream_with(const std::string& text, const std::string& replacement) {
    std::string changed = stream;
    changed.replace(changed.find(text), text.size(), replacement);
    return changed;
}

inline std::vector<std::string> numbers(int first, int last, const std::string& more = "") {
    std::vector<std::string> values;
    for (int n = first; n < last; ++n)
        values.push_back(R"({"n": )" + std::to_string(n) + R"(, "store": "s)" +
                         std::to_string(n % 7) + "\"" + more + "}");
    return values;
}

inline void require_applied(Deployment& deployment, const std::string& sql) {
    const Finished applied = deployment.apply(sql);
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
}

inline void require_rebuilt(const Deployment& deployment, const std::string& sql) {
    const Finished rebuilt = deployment.apply(sql, {"--rebuild"});
    INFO(rebuilt.output << rebuilt.errors);
    REQUIRE(rebuilt.status == 0);
}

inline void verifies(const Deployment& deployment) {
    const Finished verified = deployment.tidewheel({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}

// 1: the command was still at it.
inline int killed_in_time(const Deployment& deployment, std::vector<std::string> arguments,
                          std::chrono::milliseconds time) {
    const auto command = deployment.start_command(std::move(arguments));
    wait_for({}, time);
    const int killed = command->running() ? 1 : 0;
    command->signal(SIGKILL);
    command->wait();
    return killed;
}

struct Services {
    explicit Services(const Deployment& deployment)
        : worker(deployment.start("tidewheel-worker")),
          aggregator(deployment.start("tidewheel-aggregator")) {}
    std::unique_ptr<Process> worker, aggregator;
};

}  // namespace tidewheel::testing::changes
