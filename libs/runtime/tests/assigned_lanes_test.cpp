// The lane manager against a group, a catalogue and lanes of the test's own: no broker, no
// PostgreSQL.
#include "assigned_lanes_bench.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;
using namespace tidewheel::runtime::bench;

TEST_CASE("an assignment claims each partition and starts its lane where the catalogue says") {
    Bench bench;
    CHECK(bench.group.subscriptions == std::vector<Names>{{"a", "b"}});
    CHECK_FALSE(bench.lanes.settled());
    bench.catalogue.next_offsets[a1] = 70;
    bench.group.assign({a0, a1});
    CHECK(bench.lanes.settled());
    CHECK(bench.journal.take() == Names{"claim a/0", "claim a/1", "start a/0", "start a/1"});
    CHECK(bench.group.fetched == std::map<TopicPartition, std::int64_t>{{a0, 0}, {a1, 70}});
    CHECK(bench.lanes.lanes().size() == 2);
}

TEST_CASE("lanes are closed and their offsets published before a revocation returns") {
    Bench bench;
    bench.group.assign({a0, a1, b0});
    bench.starter.states[a0].next_offset = 12;
    bench.journal.take();
    bench.group.revoke({a0, a1});  // which looks for sources that are left
    CHECK(bench.journal.take() == Names{"stop a/0", "stop a/1"});
    REQUIRE(bench.group.published.size() == 2);
    CHECK(bench.group.published.front().where == a0);
    CHECK(bench.group.published.front().offset == 12);
    CHECK(bench.group.open_sources == std::set<TopicPartition>{b0});
    CHECK(bench.lanes.lanes().size() == 1);
}

TEST_CASE("what was lost to another member is closed, and nothing is published of it") {
    Bench bench;
    bench.group.assign({a0});
    bench.group.revoke({a0}, true);
    CHECK(bench.group.open_sources.empty());
    CHECK(bench.group.published.empty());
}

TEST_CASE("a partition that is assigned a second time has one lane, under a claim of its own") {
    Bench bench;
    bench.group.assign({a0});
    bench.journal.take();
    bench.group.assign({a0});  // FakeSource checks that there are never two
    CHECK(bench.journal.take() == Names{"stop a/0", "claim a/0", "start a/0"});
    CHECK(bench.lanes.lanes().size() == 1);
    CHECK(bench.group.open_sources == std::set<TopicPartition>{a0});
}

TEST_CASE("a lane that fails is reopened, after a cooldown that grows when it fails again") {
    Bench bench;
    bench.group.assign({a0, a1});
    bench.journal.take();
    bench.fail(a0);
    const Names again{"stop a/0", "claim a/0", "start a/0"};
    CHECK(bench.reopened() == again);
    CHECK(bench.reopened().empty());
    for (const auto cooldown : {1s, 2s, 4s}) {
        bench.fail(a0);
        bench.clock.time += cooldown - 1ms;
        CHECK(bench.reopened().empty());
        bench.clock.time += 1ms;
        CHECK(bench.reopened() == again);
    }
    CHECK(bench.group.fetched.size() == 2);
}

TEST_CASE("another catalogue ends the cooldowns") {
    Bench bench;
    bench.group.assign({a0});
    bench.fail(a0);
    bench.reopened();
    bench.fail(a0);
    CHECK(bench.reopened().empty());
    bench.lanes.take_up({bench.catalogue.version = 2, {"a", "b"}, {plan("a", 1), plan("b", 2)}});
    CHECK(bench.journal.take() == Names{"stop a/0", "claim a/0", "start a/0"});
    bench.fail(a0);
    CHECK(bench.reopened().size() == 3);
}

TEST_CASE("a changed catalogue reopens the lanes whose plan has changed, and no other") {
    Bench bench;
    bench.group.assign({a0, a1, b0});
    bench.journal.take();
    const Names whole_of_a{"stop a/0",  "stop a/1",  "claim a/0",
                           "claim a/1", "start a/0", "start a/1"};
    bench.lanes.take_up({bench.catalogue.version = 2, {"a", "b"}, {plan("a", 1), plan("b", 2)}});
    CHECK(bench.journal.take().empty());
    SECTION("a statement's definition") {
        bench.lanes.take_up(
            {bench.catalogue.version = 3, {"a", "b"}, {plan("a", 1, "other"), plan("b", 2)}});
        CHECK(bench.journal.take() == whole_of_a);
    }
    SECTION("a statement instead of another") {
        bench.lanes.take_up(
            {bench.catalogue.version = 3, {"a", "b"}, {plan("a", 3), plan("b", 2)}});
        CHECK(bench.journal.take() == whole_of_a);
    }
    SECTION("a statement that is paused") {
        bench.lanes.take_up({bench.catalogue.version = 3, {"a", "b"}, {plan("b", 2)}});
        CHECK(bench.journal.take() == Names{"stop a/0", "stop a/1", "release a/0", "release a/1"});
        CHECK(bench.group.fetched.size() == 1);
    }
    CHECK(bench.lanes.version() == 3);
    CHECK(bench.group.subscriptions.size() == 1);
}

TEST_CASE("a topic more is a matter of the group: it assigns again") {
    Bench bench;
    bench.lanes.take_up({2, {"a", "b", "c"}, {plan("a", 1), plan("b", 2), plan("c", 3)}});
    CHECK(bench.group.subscriptions.back() == Names{"a", "b", "c"});
}

TEST_CASE("a lane whose epoch a command took away is reopened with the catalogue that says so") {
    Bench bench;
    bench.group.assign({a0, b0});
    bench.journal.take();
    bench.catalogue.epochs[a0] = ++bench.catalogue.epoch;
    bench.lanes.take_up({bench.catalogue.version = 2, {"a", "b"}, {plan("a", 1), plan("b", 2)}});
    CHECK(bench.journal.take() == Names{"stop a/0", "claim a/0", "start a/0"});
}

TEST_CASE("what another member has claimed is left to it until the group should have said so") {
    Bench bench;
    bench.group.assign({a0});
    bench.journal.take();
    bench.fail(a0, {.fenced = true});
    bench.catalogue.of_others = {a0};
    bench.clock.time += 3s;
    CHECK(bench.reopened().empty());
    SECTION("it is the group's business no more") {
        bench.clock.time += 1ms;
        CHECK(bench.reopened().size() == 3);
    }
    SECTION("it was a command that fenced the lane, not another member") {
        bench.catalogue.of_others.clear();
        CHECK(bench.reopened().size() == 3);
    }
}

TEST_CASE("a statement without its records stays down, and its lane where it is the only one") {
    Bench bench;
    bench.catalogue.missing = {{1, "stored", "a", 0, "offset 10 is gone"}};
    bench.group.assign({a0, a1});
    CHECK(bench.journal.take() == Names{"release a/0", "claim a/1", "start a/1"});
    REQUIRE(bench.status(a0));
    CHECK(bench.status(a0)->failure == "offset 10 is gone");
    bench.clock.time += 1h;
    CHECK(bench.reopened().empty());
    bench.fail(a1, {.data_missing = true});
    CHECK(bench.reopened().empty());
    bench.fail(a1, {.data_missing = true, .left_behind = {1}});
    CHECK(bench.reopened().size() == 3);
}

TEST_CASE("a partition that can't begin is put off, and keeps no other waiting") {
    Bench bench;
    SECTION("its first offset is not known") {
        bench.group.without_first_offset = {a0};
        bench.group.assign({a0, a1});
        CHECK(bench.journal.take() == Names{"claim a/1", "start a/1"});
        CHECK(bench.status(a0)->ended);
        bench.group.without_first_offset.clear();
        CHECK(bench.reopened() == Names{"claim a/0", "start a/0"});
    }
    SECTION("the catalogue has just changed") {
        bench.catalogue.version = 2;
        bench.group.assign({a0});
        CHECK(bench.journal.take().empty());
        CHECK(bench.status(a0)->failure == "the catalogue has changed");
        bench.lanes.take_up({2, {"a", "b"}, {plan("a", 1), plan("b", 2)}});
        CHECK(bench.journal.take() == Names{"claim a/0", "start a/0"});
    }
}

TEST_CASE("a partition's next lane begins with as many records as its last one advises") {
    Bench bench;
    bench.group.assign({a0});
    CHECK(bench.starter.first_rows.at(a0) == 0);
    bench.group.revoke({a0});
    bench.group.assign({a0});
    CHECK(bench.starter.first_rows.at(a0) == 5);
}

TEST_CASE("a stop closes every lane") {
    Bench bench;
    bench.group.assign({a0, b0});
    bench.lanes.stop();
    CHECK(bench.group.open_sources.empty());
    CHECK(bench.lanes.lanes().empty());
}
