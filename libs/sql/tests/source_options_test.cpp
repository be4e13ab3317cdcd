#include "source_options.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;
using tidewheel::sql::read_interval;

TEST_CASE("An interval is seconds, or numbers with units as PostgreSQL writes them") {
    CHECK(read_interval("30") == 30s);
    CHECK(read_interval(" 5 min ") == 5min);
    CHECK(read_interval("5min") == 5min);
    CHECK(read_interval("1 hour 30 minutes") == 90min);
    CHECK(read_interval("1 day 2 hours") == 26h);
    CHECK(read_interval("1500 ms") == 1500ms);
    CHECK(read_interval("0") == 0s);
}

TEST_CASE("What is no interval, and what no clock counts, is refused") {
    for (const char* bad : {"", " ", "min", "5 parsecs", "-5", "1.5 h", "5 min 3", "3 5 min",
                            "5 min,", "1 MIN", "99999999999999999999 s"})
        CHECK(!read_interval(bad));
    CHECK(read_interval("9223372036854775807 d") == std::chrono::milliseconds::max());
}
