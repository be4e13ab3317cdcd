#include "tidewheel/runtime/dead_letter_notice.hpp"

#include <vector>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using engine::Reason;
using runtime::DeadLetterNotice;

TEST_CASE("The first dead letters are told at once, and the next ones after a minute, counted") {
    DeadLetterNotice notice;
    const Clock::Monotonic begin{};
    CHECK_FALSE(notice.due(begin));
    notice.add(std::vector{Reason::empty});
    CHECK(notice.due(begin) == "1 (1 empty)");
    notice.add(std::vector{Reason::empty, Reason::not_json});
    notice.add(std::vector{Reason::not_json});
    CHECK_FALSE(notice.due(begin + 59s));
    CHECK(notice.due(begin + 60s) == "3 (2 not_json, 1 empty)");
    CHECK_FALSE(notice.due(begin + 10min));
    notice.add(std::vector{Reason::empty});
    CHECK(notice.due(begin + 10min) == "1 (1 empty)");
}
