#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// A pipeline that was applied: what runs it, and whether what it stored is right.
namespace tidewheel::testing {

// Requires that `tidewheel apply` succeeded; if not, the test shows what it printed.
inline void require_applied(const Finished& applied) {
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
}

inline void require_applied(const Deployment& deployment, const std::string& sql) {
    require_applied(deployment.apply(sql));
}

// `tidewheel verify` finds no difference. Returns what it printed.
inline Finished check_verified(const Deployment& deployment, std::vector<std::string> names = {}) {
    names.insert(names.begin(), "verify");
    Finished verified = deployment.tidewheel(std::move(names));
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
    return verified;
}

struct Services {
    explicit Services(const Deployment& deployment)
        : worker(deployment.start("tidewheel-worker")),
          aggregator(deployment.start("tidewheel-aggregator")) {}
    std::unique_ptr<Process> worker, aggregator;
};

}  // namespace tidewheel::testing
