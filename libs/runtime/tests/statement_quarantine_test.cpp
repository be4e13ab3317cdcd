#include "statement_quarantine.hpp"

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;
using namespace std::chrono_literals;

namespace {

// Two statements, of which lanes fail over the first.
struct Bench {
    telemetry::Health health;
    testing::FakeClock clock;
    StatementQuarantine quarantine{health, clock};
    catalogue::Catalogue catalogue{
        .version = 1, .streams = {}, .statements = {}, .paused_streams = {}, .search_path = {}};

    Bench() {
        clock.time += 1h;
        for (const int id : {1, 2}) {
            catalogue::StoredStatement stored;
            stored.id = id;
            stored.statement.name = id == 1 ? "failing" : "sound";
            catalogue.statements.push_back(stored);
        }
        withheld();
    }
    bool fail(const std::string& hint = "") {
        LaneStatus lane;
        lane.ended = LaneEnd{.failed_statement = 1, .reason = "division by zero", .hint = hint};
        return quarantine.take_in({{{"t", 0}, lane}, {{"t", 1}, lane}});
    }
    std::vector<executor::QuarantinedStatement> withheld() {
        catalogue::Catalogue copy = catalogue;
        auto found = quarantine.withhold(copy);
        CHECK(copy.statements.front().paused ==
              (!found.empty() || catalogue.statements.front().paused));
        CHECK_FALSE(copy.statements.back().paused);
        return found;
    }
};

}  // namespace

TEST_CASE("a lane that no statement ended puts none in quarantine") {
    Bench bench;
    LaneStatus lane;
    CHECK_FALSE(bench.quarantine.take_in({{{"t", 0}, lane}}));
    lane.ended.emplace();
    CHECK_FALSE(bench.quarantine.take_in({{{"t", 0}, lane}}));
    CHECK(bench.withheld().empty());
}

TEST_CASE("a statement that fails over its records is withheld, for longer each time") {
    Bench bench;
    for (const auto cooldown : {5s, 10s, 20s, 40s, 60s, 60s}) {
        CHECK(bench.fail());
        bench.clock.time += cooldown - 1ms;
        REQUIRE(bench.withheld().size() == 1);
        CHECK(bench.withheld().front().name == "failing");
        CHECK(bench.withheld().front().reason == "division by zero");
        bench.clock.time += 1ms;
        CHECK(bench.withheld().empty());
    }
}

TEST_CASE("a change of the catalogue releases what is in quarantine") {
    Bench bench;
    bench.fail();
    CHECK(bench.withheld().size() == 1);
    bench.catalogue.version = 2;
    CHECK(bench.withheld().empty());
}

TEST_CASE("a statement that a person has paused isn't in quarantine") {
    Bench bench;
    bench.fail();
    bench.catalogue.statements.front().paused = true;
    CHECK(bench.withheld().empty());
}

TEST_CASE("what is in quarantine is named by /readyz, until it is released") {
    Bench bench;
    bench.fail("correct f");
    bench.quarantine.report(bench.withheld());
    REQUIRE(bench.health.not_ready());
    CHECK(*bench.health.not_ready() ==
          "statement failing: quarantined: division by zero (correct f)\n");
    CHECK(bench.quarantine.size() == 1);
    CHECK(bench.quarantine.holds(bench.withheld()));
    bench.clock.time += 5s;
    CHECK_FALSE(bench.quarantine.holds(bench.withheld()));
    bench.quarantine.report(bench.withheld());
    CHECK_FALSE(bench.health.not_ready());
}
