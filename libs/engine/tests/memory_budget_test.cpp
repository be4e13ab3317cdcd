#include "tidewheel/engine/memory_budget.hpp"

#include <optional>

#include "tidewheel/testing/catch.hpp"

using tidewheel::engine::MemoryBudget;

TEST_CASE("each lane may hold its part of one half, and the other half goes to those that ask") {
    MemoryBudget budget(800);
    MemoryBudget::Share a(budget), b(budget), c(budget), d(budget);
    CHECK(a.may_hold(500));  // 100 are its own, 400 are common
    CHECK_FALSE(a.may_hold(501));
    CHECK_FALSE(b.may_hold(101));
    CHECK(b.may_hold(100));
    CHECK(c.may_hold(100));
    CHECK(d.may_hold(100));
    a.hold_only(0);
    CHECK(b.may_hold(400));
    CHECK_FALSE(a.may_hold(300));
    CHECK(a.may_hold(200));
}

TEST_CASE("what a lane holds is given back when it goes, and its part to the others") {
    MemoryBudget budget(800);
    std::optional<MemoryBudget::Share> a(budget);
    MemoryBudget::Share b(budget);
    CHECK(a->may_hold(600));
    CHECK_FALSE(b.may_hold(201));
    a.reset();
    CHECK(b.may_hold(800));
    CHECK_FALSE(b.may_hold(801));
}
