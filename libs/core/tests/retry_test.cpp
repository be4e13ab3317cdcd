#include "tidewheel/core/retry.hpp"

#include <thread>

#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;
using tidewheel::Backoff;

TEST_CASE("Waits grow to the longest and never fall under a tenth of their bound") {
    Backoff backoff(100ms, 1000ms);
    for (const auto bound : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms, 1000ms}) {
        const auto wait = backoff.next();
        CHECK(wait >= bound / 10);
        CHECK(wait <= bound);
    }
}

TEST_CASE("A success brings the waits back to the first bound") {
    Backoff backoff(10ms, 60000ms);
    for (int i = 0; i < 20; ++i)
        backoff.next();
    CHECK(backoff.next() >= 6000ms);
    backoff.reset();
    CHECK(backoff.next() <= 10ms);
}

TEST_CASE("A longest wait under the first one does not break the back-off") {
    Backoff backoff(500ms, 1ms);
    for (int i = 0; i < 5; ++i)
        CHECK(backoff.next() <= 500ms);
}

TEST_CASE("Two back-offs do not wait in step") {
    Backoff left(10000ms, 1000000ms), right(10000ms, 1000000ms);
    int equal = 0;
    for (int i = 0; i < 10; ++i)
        equal += left.next() == right.next();
    CHECK(equal < 5);
}

TEST_CASE("A wait that nobody stops lasts its whole time") {
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
