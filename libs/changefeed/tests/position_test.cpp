#include "position.hpp"

#include "feed.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::changefeed;

TEST_CASE("A position is read back as it was written, and nothing else is") {
    for (const Position& each : {Position{true, 0, 0}, Position{false, 0x16B374D848, Position::all},
                                 Position{false, 1, 0}, Position{false, 1, 10'000}})
        CHECK(Position::parse(each.text()) == each);
    for (const char* bad : {"", "1", "2 snapshot", "1 changes", "1 changes 1 all", "1 changes 0/1",
                            "1 changes 0/1 -1", "1 changes 0/1 all x", "1 changes 0/1 5x"})
        CHECK_FALSE(Position::parse(bad));
}

TEST_CASE("A position covers what was sent: earlier commits, and the first changes of its own") {
    const Position in_the_middle{false, 100, 3};
    CHECK(in_the_middle.covers(99, 1'000'000));
    CHECK(in_the_middle.covers(100, 2));
    CHECK_FALSE(in_the_middle.covers(100, 3));
    CHECK_FALSE(in_the_middle.covers(101, 0));
    CHECK(Position{false, 100, Position::all}.covers(100, 1'000'000));
    CHECK_FALSE(Position{false, 100, 0}.covers(100, 0));
}

TEST_CASE(
    "A feed begins with a snapshot only when it has never begun, or its snapshot was not "
    "complete") {
    const FeedPlan plan{7, "s", {"public", "t"}, "topic", "p", "slot", "d", "1.7"};
    const Position changes{false, 100, Position::all}, under_way{true, 0, 0};
    const catalogue::SlotState slot{}, lost{std::nullopt, true, 0};
    CHECK(choose_beginning(std::nullopt, std::nullopt, plan) == Beginning::snapshot);
    CHECK(choose_beginning(under_way, std::nullopt, plan) == Beginning::snapshot);
    CHECK(choose_beginning(under_way, slot, plan) == Beginning::snapshot);
    CHECK(choose_beginning(changes, slot, plan) == Beginning::changes);
    CHECK_THROWS_AS(choose_beginning(std::nullopt, slot, plan), Error);
    CHECK_THROWS_AS(choose_beginning(changes, std::nullopt, plan), Error);
    CHECK_THROWS_AS(choose_beginning(changes, lost, plan), Error);
}
