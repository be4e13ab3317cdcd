// Native COPY, pushdown and hand-written statements over the same keys at the same time.
#include "differential/races.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::testing;

// As ./dev fuzz-sql --races does from any seed.
TEST_CASE(
    "whoever writes the same keys at the same time, every record is stored or its key is there") {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        INFO("./dev fuzz-sql --races --count 1 --seed " << seed);
        CHECK(race(seed) == std::vector<std::string>{});
    }
}
