#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::runtime {

// What one version of the catalogue has the lanes of one consumer group run: of each topic, the
// statements of one stream.
struct LanePlans {
    std::int64_t version = 0;
    // All that have statements of this kind, also where none of them can run now: the group need
    // not rebalance when one is paused, or resumed.
    std::vector<std::string> topics;
    std::vector<std::shared_ptr<const executor::StreamPlan>> streams;

    std::shared_ptr<const executor::StreamPlan> of(const std::string& topic) const;  // or nullptr
};

// By the group's number. The first is always there: a service without statements waits in it.
using GroupPlans = std::map<int, LanePlans>;

// Each group's from those of all streams, and from the topics of each.
GroupPlans by_group(std::int64_t version, const std::map<int, std::set<std::string>>& topics,
                    std::vector<executor::StreamPlan> streams);

}  // namespace tidewheel::runtime
