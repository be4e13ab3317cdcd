#include "producer/time_text.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::producer;
using namespace std::chrono_literals;

TEST_CASE("a time is written in UTC with six digits and is read back as it was") {
    const Micros time =
        std::chrono::sys_days(std::chrono::year(2026) / 2 / 28) + 23h + 5min + 9s + 42us;
    CHECK(time_text(time) == "2026-02-28T23:05:09.000042Z");
    CHECK(parse_time(time_text(time)) == time);
}

TEST_CASE("a time may be cut short from the right, and without a zone it is UTC") {
    const Micros day = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29);
    CHECK(parse_time("2024-02-29") == day);
    CHECK(parse_time("2024-02-29T07:30") == day + 7h + 30min);
    CHECK(parse_time("2024-02-29 07:30:01") == day + 7h + 30min + 1s);
    CHECK(parse_time("2024-02-29T07:30:01.5Z") == day + 7h + 30min + 1s + 500ms);
}

TEST_CASE("what is not a time in UTC is refused") {
    for (const char* text :
         {"", "now", "2023-02-29", "2024-13-01", "2024-1-1", "2024-02-29T", "2024-02-29T24:00",
          "2024-02-29T07", "2024-02-29T07:30:01.", "2024-02-29T07:30:01.1234567",
          "2024-02-29T07:30:01+02:00", "2024-02-29T07:30Zx"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_time(text));
    }
}

TEST_CASE("a duration is a whole number and a unit, and its text means the same") {
    CHECK(parse_duration("24h") == 24h);
    CHECK(parse_duration("7d") == 168h);
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("0s") == 0s);
    for (const auto duration : {0ns, 1ns, 333'333'333ns, std::chrono::nanoseconds(90min),
                                std::chrono::nanoseconds(48h)}) {
        CAPTURE(duration.count());
        CHECK(parse_duration(duration_text(duration)) == duration);
    }
    for (const char* text : {"", "24", "h", "-1h", "1.5h", "1w", "1h30m", "9999999999999d"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}
