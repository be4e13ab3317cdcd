#include "tidewheel/runtime/patience.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;
using std::chrono::seconds;

TEST_CASE("what fails is left alone for longer and longer, right after the machine's start, too") {
    Clock::Monotonic now{seconds(3)};  // since the machine was started
    Patience patience(seconds(5), seconds(60));
    CHECK(patience.over(now));
    for (const int wait : {5, 10, 20, 40, 60, 60}) {
        patience.failed(now);
        CHECK_FALSE(patience.over(now + seconds(wait - 1)));
        now += seconds(wait);
        CHECK(patience.over(now));
    }
    now += seconds(120);
    patience.failed(now);
    CHECK(patience.over(now + seconds(5)));
}
