#include "tidewheel/runtime/lane_plans.hpp"

#include <algorithm>

namespace tidewheel::runtime {

std::shared_ptr<const executor::StreamPlan> LanePlans::of(const std::string& topic) const {
    const auto found = std::ranges::find_if(
        streams, [&](const auto& plan) { return plan->stream.stream.topic == topic; });
    return found == streams.end() ? nullptr : *found;
}

GroupPlans by_group(std::int64_t version, const std::map<int, std::set<std::string>>& topics,
                    std::vector<executor::StreamPlan> streams) {
    GroupPlans groups;
    groups[1].version = version;
    for (const auto& [number, names] : topics)
        groups[number] = {version, {names.begin(), names.end()}, {}};
    for (executor::StreamPlan& each : streams)
        groups.at(each.stream.group_number)
            .streams.push_back(std::make_shared<const executor::StreamPlan>(std::move(each)));
    return groups;
}

}  // namespace tidewheel::runtime
