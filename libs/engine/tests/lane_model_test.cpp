#include <array>
#include <cstdlib>

#include "lane_search.hpp"
#include "tidewheel/testing/catch.hpp"

// A model check of the lane: the real one, in a world that does to it whatever a world can do.
using namespace tidewheel::engine::model;

namespace {

Scenario random_scenario(RandomRun& random) {
    Scenario scenario{{}, {}, 1 + random.below(6)};
    const std::size_t length = 1 + random.below(40);
    for (std::size_t i = 0; i < length; ++i)
        scenario.partition.push_back(std::array{g, g, g, b, o}[random.below(5)]);
    const int statements = 1 + static_cast<int>(random.below(3));
    for (int id = 1; id <= statements; ++id)
        scenario.statements[id] = static_cast<std::int64_t>(random.below(length + 2));
    return scenario;
}

std::uint64_t first_seed() {
    const char* seed = std::getenv("TIDEWHEEL_MODEL_SEED");
    return seed ? std::strtoull(seed, nullptr, 10) : 1;
}

}  // namespace

TEST_CASE("with any faults of a lane, up to three a run, every record is stored exactly once") {
    const Search found = search();
    INFO(found.failure);
    CHECK(found.failure.empty());
    CHECK(found.runs > 50'000);  // a search that has become small proves nothing
}

TEST_CASE("long runs with many surprises at random store every record exactly once") {
    for (std::uint64_t seed = first_seed(), end = seed + 10'000; seed < end; ++seed) {
        RandomRun random(seed, 30);
        const Scenario scenario = random_scenario(random);
        const std::string failure = failure_of(scenario, random);
        if (failure.empty()) continue;
        FAIL(failure << "once more: TIDEWHEEL_MODEL_SEED=" << seed);
    }
}

TEST_CASE("the model check finds a database that doesn't ask for the epoch") {
    CHECK_THAT(search({.epoch = false}).failure,
               Catch::Matchers::ContainsSubstring("stored after it was fenced"));
}
