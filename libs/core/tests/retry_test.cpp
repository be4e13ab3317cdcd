#include "tidewheel/core/retry.hpp"

#include <thread>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace std::chrono_literals;
using tidewheel::Retry;
using tidewheel::testing::FakeClock;

TEST_CASE("Waits grow to the longest and never fall under a tenth of their bound") {
    Retry retry({.first = 100ms, .longest = 1000ms});
    for (int round = 0; round < 1000; ++round) {  // the least wait is one of 91
        for (const auto bound : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms, 1000ms}) {
            const auto wait = *retry.failed();
            REQUIRE(wait >= bound / 10);
            REQUIRE(wait <= bound);
        }
        retry.succeeded();
    }
}

TEST_CASE("A success brings the waits back to the first one") {
    Retry retry({.first = 10ms, .longest = 60000ms});
    for (int i = 0; i < 20; ++i)
        retry.failed();
    CHECK(*retry.failed() >= 6000ms);
    retry.succeeded();
    CHECK(*retry.failed() <= 10ms);
}

TEST_CASE("No wait is above the longest, the first one included, and 0 means none") {
    Retry retry({.first = 500ms, .longest = 1ms}), none({.first = 0ms, .longest = 0ms});
    for (int i = 0; i < 5; ++i) {
        CHECK(*retry.failed() <= 1ms);
        CHECK(*none.failed() == 0ms);
    }
}

TEST_CASE("Two of the same policy do not wait in step") {
    Retry left({.first = 10000ms, .longest = 1000000ms}), right = left;
    int equal = 0;
    for (int i = 0; i < 10; ++i)
        equal += left.failed() == right.failed();
    CHECK(equal < 5);
}

TEST_CASE("Without jitter the waits are their bounds, and a factor of 1 keeps them alike") {
    Retry doubling({.first = 5s, .longest = 60s, .jitter = 0});
    for (const auto wait : {5s, 10s, 20s, 40s, 60s, 60s})
        CHECK(doubling.failed() == wait);
    Retry steady({.first = 20ms, .longest = 20ms, .factor = 1, .jitter = 0});
    for (int i = 0; i < 3; ++i)
        CHECK(steady.failed() == 20ms);
    Retry tripling({.first = 1s, .longest = 10s, .factor = 3, .jitter = 0});
    for (const auto wait : {1s, 3s, 9s, 10s})
        CHECK(tripling.failed() == wait);
}

TEST_CASE("It gives up after a time, counted from the first attempt, or from the last success") {
    FakeClock clock;
    Retry retry({.give_up_after = 30s}, clock);
    CHECK(retry.failed());
    clock.time += 30s - 1ms;
    CHECK(retry.failed());
    clock.time += 1ms;
    CHECK_FALSE(retry.failed());
    retry.succeeded();
    CHECK(retry.failed());
}

TEST_CASE("It gives up after so many retries in a row") {
    Retry retry({.most_retries = 2});
    CHECK(retry.failed());
    CHECK(retry.failed());
    CHECK_FALSE(retry.failed());
    retry.succeeded();
    CHECK(retry.failed());
}

TEST_CASE("What fails is due again when its wait is over, right after the machine's start, too") {
    FakeClock clock;
    clock.time += 3s;  // since the machine was started
    Retry retry({.first = 5s, .longest = 60s, .jitter = 0, .forget_after = 120s}, clock);
    CHECK(retry.is_due());
    for (const auto wait : {5s, 10s, 20s, 40s, 60s, 60s}) {
        retry.failed();
        clock.time += wait - 1ms;
        CHECK_FALSE(retry.is_due());
        clock.time += 1ms;
        CHECK(retry.is_due());
    }
    clock.time += 120s - 1ms;
    CHECK(retry.failed() == 60s);  // again
    clock.time += 60s + 120s;
    CHECK(retry.failed() == 5s);  // forgotten: a first failure
}

TEST_CASE("A wait that is not stopped lasts its whole time") {
    const auto start = std::chrono::steady_clock::now();
    CHECK(tidewheel::wait_for(std::stop_token(), 20ms));
    CHECK(std::chrono::steady_clock::now() - start >= 20ms);
}

TEST_CASE("A stop ends a wait at once") {
    std::stop_source source;
    const std::jthread stopper([&] { source.request_stop(); });
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(tidewheel::wait_for(source.get_token(), 60s));
    CHECK(std::chrono::steady_clock::now() - start < 30s);
}
