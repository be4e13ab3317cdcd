#include "tidewheel/core/suggestion.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;

TEST_CASE("A mistyped word gets a suggestion, and another doesn't") {
    const std::vector<std::string> commands{"apply", "status", "reset", "verify"};
    CHECK(nearest("statsu", commands) == "status");  // swapped
    CHECK(nearest("aply", commands) == "apply");     // left out
    CHECK(nearest("verrify", commands) == "verify");
    CHECK(nearest("produce", commands) == std::nullopt);
    CHECK(nearest("x", commands) == std::nullopt);
    CHECK(nearest("", commands) == std::nullopt);
    CHECK(did_you_mean("statsu", commands) == "Did you mean status?");
    CHECK(did_you_mean("produce", commands).empty());
}
