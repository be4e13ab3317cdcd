#include <cstdlib>

#include "lane_search.hpp"
#include "tidewheel/testing/catch.hpp"

// The model check of the lane must fail over a lane that lacks a guard, whether or not the database
// has its own.
using namespace tidewheel::engine::model;

namespace {

std::string failure_without(const char* guard, Guards database = {}) {
    ::setenv("TIDEWHEEL_WEAKEN", guard, 1);
    std::string failure = search(database).failure;
    ::unsetenv("TIDEWHEEL_WEAKEN");
    return failure;
}

using Catch::Matchers::ContainsSubstring;

}  // namespace

TEST_CASE("the model check finds a lane that keeps a batch after the one before has failed") {
    CHECK_THAT(
        failure_without("keep_next_batch"),
        ContainsSubstring("though nobody else claimed") || ContainsSubstring("left records"));
    CHECK_THAT(failure_without("keep_next_batch", {.epoch = true, .offset = false}),
               ContainsSubstring("stored offset") || ContainsSubstring("left records"));
}

TEST_CASE("the model check finds a lane that repeats a commit without a look at the progress") {
    CHECK_THAT(failure_without("blind_retry"), ContainsSubstring("though nobody else claimed"));
    CHECK_THAT(failure_without("blind_retry", {.epoch = true, .offset = false}),
               ContainsSubstring("stored offset"));
}
