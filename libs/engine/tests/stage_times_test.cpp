#include "tidewheel/engine/stage_times.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::engine;

namespace {

void pass_time() {
    const auto began = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - began < std::chrono::microseconds(50)) {
    }
}

}  // namespace

TEST_CASE(
    "a batch's time goes to the stages it was in, and a stage that is entered again continues") {
    StageClock clock;
    clock.begin(BatchStage::progress);
    pass_time();
    clock.enter(BatchStage::rows);
    pass_time();
    clock.enter(BatchStage::progress);
    const auto once = clock.end();
    CHECK(once[BatchStage::rows] >= std::chrono::microseconds(50));
    CHECK(once[BatchStage::progress] >= std::chrono::microseconds(50));
    CHECK(once[BatchStage::views] == StageTimes::Duration::zero());
    pass_time();
    const auto later = clock.end();
    CHECK(later[BatchStage::progress] >= std::chrono::microseconds(100));
    CHECK(later[BatchStage::rows] == once[BatchStage::rows]);
}

TEST_CASE("a batch that begins has taken no time yet") {
    StageClock clock;
    pass_time();
    clock.enter(BatchStage::views);
    clock.begin(BatchStage::decode);
    const auto times = clock.end();
    CHECK(times[BatchStage::progress] == StageTimes::Duration::zero());
    CHECK(times[BatchStage::views] == StageTimes::Duration::zero());
}
