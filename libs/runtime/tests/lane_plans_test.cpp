#include "tidewheel/runtime/lane_plans.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;

namespace {

executor::StreamPlan plan(const std::string& stream, const std::string& topic, int group_number) {
    executor::StreamPlan plan;
    plan.stream.stream.name = {"public", stream};
    plan.stream.stream.topic = topic;
    plan.stream.group_number = group_number;
    return plan;
}

std::string stream_of(const LanePlans& plans, const std::string& topic) {
    const auto plan = plans.of(topic);
    return plan ? plan->stream.stream.name.name : "";
}

}  // namespace

TEST_CASE("streams of one topic are run in groups of their own, and others share the first") {
    const GroupPlans groups = by_group(
        7, {{1, {"orders", "prices"}}, {2, {"orders"}}},
        {plan("typed", "orders", 1), plan("prices", "prices", 1), plan("raw", "orders", 2)});
    REQUIRE(groups.size() == 2);
    CHECK(groups.at(1).version == 7);
    CHECK(groups.at(2).version == 7);
    CHECK(groups.at(1).topics == std::vector<std::string>{"orders", "prices"});
    CHECK(groups.at(2).topics == std::vector<std::string>{"orders"});
    CHECK(stream_of(groups.at(1), "orders") == "typed");
    CHECK(stream_of(groups.at(1), "prices") == "prices");
    CHECK(stream_of(groups.at(2), "orders") == "raw");
    CHECK(stream_of(groups.at(2), "prices").empty());
}

TEST_CASE(
    "a stream whose statements can't be run now keeps its group, and the first is always there") {
    const GroupPlans groups = by_group(3, {{2, {"orders"}}}, {});
    REQUIRE(groups.size() == 2);
    CHECK(groups.at(1).version == 3);
    CHECK(groups.at(1).topics.empty());
    CHECK(groups.at(2).topics == std::vector<std::string>{"orders"});
    CHECK_FALSE(groups.at(2).of("orders"));
}
