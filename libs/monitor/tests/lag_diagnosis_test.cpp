#include "tidewheel/monitor/lag_diagnosis.hpp"

#include <algorithm>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::monitor;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int id = 1, partition = 0;

// Statement `orders` in partition 0 of a topic of [0, 100), at offset 40.
Observed behind(int statement = id, const std::string& name = "orders") {
    PartitionLag lag;
    lag.partition = partition;
    lag.next_offset = 40;
    lag.first_offset = 0;
    lag.end_offset = 100;
    lag.lag = 60;
    Observed observed;
    observed.lag.id = statement;
    observed.lag.name = name;
    observed.lag.kind = "rows";
    observed.lag.topic = "orders";
    observed.lag.partitions = {lag};
    return observed;
}

OwnerActivity at_work() {
    OwnerActivity owner;
    owner.alive = true;
    owner.name = "worker-1";
    owner.seen_age = 0.5;
    return owner;
}

// One statement that is behind, and its owner at work.
LagSnapshot snapshot() {
    LagSnapshot snapshot;
    snapshot.statements = {behind()};
    snapshot.activities[{id, partition}] = at_work();
    return snapshot;
}

OwnerActivity& owner_in(LagSnapshot& snapshot) {
    return snapshot.activities[{id, partition}];
}
PartitionLag& partition_in(LagSnapshot& snapshot) {
    return snapshot.statements[0].lag.partitions[0];
}

std::vector<std::string> codes(const LagSnapshot& snapshot) {
    std::vector<std::string> codes;
    for (const LagReason& reason : diagnose(snapshot))
        codes.push_back(reason.code);
    return codes;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("of a statement that is current there is nothing to say") {
    LagSnapshot current = snapshot();
    partition_in(current).next_offset = 100;
    partition_in(current).lag = 0;
    CHECK(diagnose(current).empty());
}

TEST_CASE("a statement that is catching up reports its pace and the time that is left") {
    LagSnapshot seen = snapshot();
    CHECK(codes(seen) == Codes{"arriving"});
    seen.statements[0].records_per_second = 10;
    const auto reasons = diagnose(seen);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].code == "catching_up");
    CHECK(reasons[0].partitions.empty());
    CHECK_THAT(reasons[0].what, ContainsSubstring("10 records/s, 60 to go, about 6 s"));
}

TEST_CASE("paused, stopped and a topic that is gone are reasons of the whole statement") {
    LagSnapshot seen = snapshot();
    partition_in(seen).first_offset = partition_in(seen).end_offset = std::nullopt;
    CHECK(codes(seen) == Codes{"topic_gone"});
    seen.quarantined["orders"] = {"orders", "no table", "CREATE it", "42P01"};
    CHECK(codes(seen) == Codes{"stopped"});
    seen.paused_since[id] = "2026-01-01 00:00:00+00";
    const auto reasons = diagnose(seen);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].code == "paused");
    CHECK_THAT(reasons[0].what, ContainsSubstring("2026-01-01 00:00:00+00"));
}

TEST_CASE("what is forbidden to the role that asks may be allowed to the services") {
    LagSnapshot seen = snapshot();
    seen.quarantined["orders"] = {"orders", "permission denied for table t", "", "42501"};
    CHECK(codes(seen) == Codes{"not_tried", "arriving"});
    seen.quarantined["orders"].sqlstate = "55P03";  // locked now, and free later
    CHECK(codes(seen) == Codes{"arriving"});
}

TEST_CASE("records that are gone and a record that is refused come before the owner's activity") {
    LagSnapshot seen = snapshot();
    owner_in(seen).blocker = "backend 7";
    partition_in(seen).waits_at = 40;
    partition_in(seen).refusal = "division by zero";
    auto reasons = diagnose(seen);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].code == "refused_record");
    CHECK_THAT(reasons[0].what, ContainsSubstring("offset 40") && ContainsSubstring("division"));
    CHECK_THAT(reasons[0].hint, ContainsSubstring("To skip the record"));
    // The record is not the next one: nothing to pass over yet.
    partition_in(seen).next_offset = 30;
    CHECK_THAT(diagnose(seen)[0].hint, !ContainsSubstring("To skip the record"));
    partition_in(seen).first_offset = 50;
    CHECK(codes(seen) == Codes{"data_missing"});
}

TEST_CASE("an open transaction is reported beside any other reason") {
    LagSnapshot seen = snapshot();
    partition_in(seen).unreadable = 5;
    CHECK(codes(seen) == Codes{"arriving", "open_transaction"});
    CHECK_THAT(diagnose(seen)[1].what, ContainsSubstring("since offset 100: 5 offsets"));
}

TEST_CASE("an owner's session shows why it does not continue") {
    LagSnapshot seen = snapshot();
    OwnerActivity& owner = owner_in(seen);
    owner.seen_age = 60;
    CHECK(codes(seen) == Codes{"no_progress"});
    owner.state = "active";
    owner.state_age = 6;
    owner.query = "INSERT INTO t";
    CHECK(codes(seen) == Codes{"slow"});
    CHECK_THAT(diagnose(seen)[0].what, ContainsSubstring("INSERT INTO t"));
    owner.state_age = 4;  // a batch may take that long
    CHECK(codes(seen) == Codes{"no_progress"});
    owner.state = "idle in transaction";
    owner.wait = "Client/ClientRead";
    owner.state_age = 6;
    CHECK(codes(seen) == Codes{"frozen"});
    owner.blocker = "backend 7 (psql, role ann, idle in transaction): LOCK TABLE t";
    CHECK(codes(seen) == Codes{"locked"});
    CHECK_THAT(diagnose(seen)[0].what, ContainsSubstring("role ann"));
}

TEST_CASE("without an owner: never assigned, gone, left out, or PostgreSQL accepts no writes") {
    LagSnapshot seen = snapshot();
    owner_in(seen) = {};
    CHECK_THAT(diagnose(seen)[0].what, ContainsSubstring("it is not assigned to any service yet"));
    owner_in(seen).name = "worker-1";
    CHECK(codes(seen) == Codes{"no_owner"});
    CHECK_THAT(diagnose(seen)[0].what, ContainsSubstring("worker-1 is gone"));
    CHECK_THAT(diagnose(seen)[0].hint, ContainsSubstring("tidewheel-worker"));
    seen.statements[0].lag.kind = "view";
    CHECK_THAT(diagnose(seen)[0].hint, ContainsSubstring("tidewheel-aggregator"));
    seen.statements[0].lag.kind = "rows";

    // The same service runs another statement of the topic: it leaves out this one alone.
    Observed other = behind(2, "others");
    other.lag.partitions[0].owner = "worker-1";
    other.lag.partitions[0].lag = 0;
    seen.statements.push_back(other);
    CHECK(codes(seen) == Codes{"left_out"});
    seen.is_read_only = true;
    CHECK(codes(seen) == Codes{"read_only"});
}

TEST_CASE("a lane reads on from the lowest offset of its statements that run") {
    LagSnapshot seen = snapshot();
    Observed first = behind(2, "new_one");
    first.lag.partitions[0].next_offset = 10;
    seen.statements.push_back(first);
    seen.activities[{2, partition}] = at_work();
    auto reasons = diagnose(seen);
    REQUIRE(reasons.size() == 2);
    CHECK(reasons[0].code == "behind_neighbour");
    CHECK_THAT(reasons[0].what, ContainsSubstring("new_one"));
    CHECK(reasons[1].code == "arriving");

    seen.paused_since[2] = "then";  // nobody waits for one that is paused
    CHECK(codes(seen) == Codes{"arriving", "paused"});
    seen.paused_since.clear();
    seen.statements[1].lag.kind = "view";  // another service's lane
    CHECK(codes(seen) == Codes{"arriving", "arriving"});
}

TEST_CASE("a statement without a partition waits for none, unless its topic is gone") {
    LagSnapshot seen = snapshot();
    StatementLag& lag = seen.statements[0].lag;
    lag.partitions.clear();
    CHECK(codes(seen) == Codes{"no_partition"});
    lag.topic_exists = false;
    CHECK(codes(seen) == Codes{"topic_gone"});
    lag.ends_known = false;  // the topic may have gained one
    CHECK(codes(seen).empty());
}

TEST_CASE("statements of another stream of the topic have lanes of their own") {
    LagSnapshot seen = snapshot();
    seen.statements.push_back(behind(2, "other"));
    seen.statements[1].lag.partitions[0].next_offset = 10;
    seen.activities[{2, partition}] = at_work();
    CHECK(codes(seen) == Codes{"behind_neighbour", "arriving"});
    seen.statements[1].lag.stream = 2;
    CHECK(codes(seen) == Codes{"arriving", "arriving"});
}

TEST_CASE("what several partitions have in common is said once") {
    LagSnapshot seen = snapshot();
    PartitionLag second = partition_in(seen);
    second.partition = 3;
    seen.statements[0].lag.partitions.push_back(second);
    seen.activities.clear();
    const auto reasons = diagnose(seen);
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].partitions == std::vector<int>{0, 3});
}

TEST_CASE("other deployments in the way are named even while nothing is behind") {
    LagSnapshot seen = snapshot();
    partition_in(seen).lag = 0;
    seen.strangers["rows"] = {{"tidewheel.worker", "theirs", "/10.0.0.7", false}};
    seen.strangers["view"] = {{"tidewheel.aggregator", "theirs", "/10.0.0.7", false}};
    catalogue::Rivalry rivalry{};
    rivalry.statement = id;
    rivalry.topic = "orders";
    rivalry.partition = partition;
    rivalry.times = 9;
    seen.rivalries = {rivalry};
    rivalry.statement = 99;
    seen.rivalries.push_back(rivalry);
    CHECK(codes(seen) == Codes{"stranger", "contested"});
    CHECK_THAT(diagnose(seen)[0].what, ContainsSubstring("consumer group tidewheel.worker"));
}
