// A lane recognizes its log by the last record that each statement has applied.
#include "lane_bench.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::engine;
using namespace tidewheel::engine::bench;
using Catch::Matchers::ContainsSubstring;
using Cause = MissingData::Cause;

namespace {

// What the lane ends with.
template <class Ended = MissingData>
Ended end_of(Bench& bench, FakeSource& source, LaneLimits limits = {}) {
    try {
        bench.run(source, limits);
    } catch (const Ended& ended) {
        return ended;
    }
    throw std::logic_error("the lane has not ended so");
}

// The lane ends once it has applied so many records, and stops no statement: the next claim judges.
Error ends_after(Bench& bench, FakeSource& source, int records) {
    const Error ended = end_of<Error>(bench, source, {.rows = 5});
    CHECK(ended.kind() == Error::Kind::unavailable);
    CHECK(bench.sink.applied[1] == range(0, records));
    CHECK(bench.sink.stopped.empty());
    return ended;
}

using Stops = std::map<int, Cause>;

}  // namespace

TEST_CASE("a lane that finds the last record applied continues after it") {
    Bench bench;
    bench.sink.applied_up_to(1, 9, 10);
    bench.run(range(9, 20));
    CHECK(bench.sink.applied[1] == range(10, 20));
    CHECK(bench.sink.stopped.empty());
    CHECK(bench.watch.unproven.empty());
}

TEST_CASE("another record at that offset stops the statement before anything is applied") {
    Bench bench;
    bench.sink.applied_up_to(1, 9, 10);
    bench.sink.applied_up_to(2, 9, 10);
    FakeSource source(range(9, 20));
    source.topic = Topic::created_again;
    const MissingData missing = end_of(bench, source);
    CHECK(bench.sink.commits == 0);
    CHECK(bench.sink.stopped == Stops{{1, Cause::replaced}, {2, Cause::replaced}});
    CHECK(missing.statements() == std::vector<int>{1, 2});
    CHECK_THAT(missing.what(), ContainsSubstring("topic clicks, partition 3, offset 9: data is "
                                                 "missing: the record found ("));
    CHECK_THAT(missing.what(), ContainsSubstring(words(fingerprint_of(record_at(9)))));
    CHECK_THAT(missing.what(),
               ContainsSubstring(words(fingerprint_of(record_at(9, Topic::created_again)))));
    CHECK_THAT(missing.hint(), ContainsSubstring("tidewheel reset --topic-recreated clicks") &&
                                   ContainsSubstring("docs/how-to/missing-data.md"));
}

TEST_CASE("a record where none was when the statement passed stops it") {
    Bench bench;
    bench.sink.applied_up_to(1, 6, 10);  // markers of transactions at 7 to 9
    FakeSource source({6, 8, 10});
    const MissingData missing = end_of(bench, source);
    CHECK(bench.sink.stopped == Stops{{1, Cause::replaced}});
    CHECK_THAT(missing.what(), ContainsSubstring("one at offset 8"));
}

TEST_CASE("no record where one was applied stops the statement, unless that can be explained") {
    Bench bench;
    bench.sink.applied_up_to(1, 9, 10);
    FakeSource source(range(10, 15));
    SECTION("in a log that keeps its middle") {
        const MissingData missing = end_of(bench, source);
        CHECK(bench.sink.stopped == Stops{{1, Cause::replaced}});
        CHECK(bench.sink.commits == 0);
        CHECK_THAT(missing.what(), ContainsSubstring("no record was found"));
    }
    SECTION("where the broker won't say whether the log is compacted") {
        source.state.compacted = std::nullopt;
        CHECK_THAT(end_of(bench, source).hint(), ContainsSubstring("cleanup.policy can't be read"));
        CHECK(bench.sink.stopped == Stops{{1, Cause::replaced}});
    }
    SECTION("a compacted log loses records") {
        source.state.compacted = true;
        bench.run(source);
        CHECK(bench.sink.applied[1] == range(10, 15));
        CHECK(bench.watch.unproven == std::vector<std::int64_t>{9});
    }
    SECTION("a log loses its oldest records") {
        source.state.first = 10;
        bench.run(source);
        CHECK(bench.sink.applied[1] == range(10, 15));
        CHECK(bench.watch.unproven == std::vector<std::int64_t>{9});
    }
    SECTION("a broker that doesn't answer proves nothing, and nothing is applied") {
        source.answers_after = 1;
        CHECK(end_of<Error>(bench, source).kind() == Error::Kind::unavailable);
        CHECK(bench.sink.stopped.empty());
        CHECK(bench.sink.commits == 0);
    }
}

TEST_CASE("the end of a log without the record says as much as a later record") {
    Bench bench;
    bench.sink.applied_up_to(1, 9, 10);
    FakeSource source({});
    source.end = source.at = 12;  // markers at 9 to 11
    CHECK(end_of(bench, source).cause() == Cause::replaced);
    CHECK(bench.sink.commits == 0);
}

TEST_CASE("a log that ends at the record waits for it") {
    Bench bench;
    bench.sink.applied_up_to(1, 9, 10);
    FakeSource source({});
    source.end = source.at = 9;
    bench.run(source);
    CHECK(bench.sink.commits == 0);
    CHECK(bench.sink.stopped.empty());
}

TEST_CASE("each statement's record is judged where it is, and the others are not stopped") {
    Bench bench;
    bench.sink.applied_up_to(1, 3, 4);
    bench.sink.applied_up_to(2, 9, 10);
    bench.sink.last[2].checksum ^= 1;
    FakeSource source(range(3, 20));
    const MissingData missing = end_of(bench, source, {.rows = 3});
    CHECK(bench.sink.stopped == Stops{{2, Cause::replaced}});
    CHECK(missing.statements() == std::vector<int>{2});
    CHECK(bench.sink.applied[1] == range(4, 7));  // a batch; the next one was being filled
    CHECK(bench.sink.applied[2].empty());
}

TEST_CASE("a statement that has no record yet, or was moved before it by reset, is not judged") {
    Bench bench;
    bench.sink.progress = {{1, 10}};
    bench.sink.applied_up_to(2, 19, 10);
    FakeSource source(range(10, 15));
    source.topic = Topic::created_again;
    bench.run(source);
    CHECK(bench.sink.applied[1] == range(10, 15));
    CHECK(bench.sink.applied[2] == range(10, 15));
}

TEST_CASE("another id of the topic is another topic, whatever it holds") {
    Bench bench;
    bench.sink.applied_up_to(1, 9, 10);
    bench.sink.applied_up_to(2, 9, 10);
    bench.sink.topic_ids = {{1, "old id"}};
    FakeSource source(range(9, 20));
    SECTION("which stops who has read the old one") {
        source.id = "new id";
        const MissingData missing = end_of(bench, source);
        CHECK(bench.sink.stopped == Stops{{1, Cause::replaced}});
        CHECK_THAT(missing.what(), ContainsSubstring("old id") && ContainsSubstring("new id"));
        CHECK(bench.sink.commits == 0);
    }
    SECTION("the same id is no other") {
        source.id = "old id";
        bench.run(source);
        CHECK(bench.sink.applied[1] == range(10, 20));
    }
    SECTION("an id that is not known says nothing") {
        bench.run(source);
        CHECK(bench.sink.applied[1] == range(10, 20));
    }
}

TEST_CASE("whom an offset out of range concerns is judged by what the log holds") {
    Bench bench;
    bench.sink.progress = {{1, 5}, {2, 20}};
    FakeSource source({});
    source.out_of_range = true;
    SECTION("records were deleted before they were read") {
        source.state = {8, 30, false};
        CHECK_THAT(end_of(bench, source).what(),
                   ContainsSubstring("offset 5: data is missing: the topic holds the offsets from "
                                     "8 up to 30"));
        CHECK(bench.sink.stopped == Stops{{1, Cause::deleted}});
    }
    SECTION("the log ends before what was applied") {
        source.state = {0, 12, false};
        CHECK_THAT(end_of(bench, source).what(), ContainsSubstring("offset 20"));
        CHECK(bench.sink.stopped == Stops{{2, Cause::replaced}});
    }
    SECTION("a broker that was cut off reports an end from before, until it knows better") {
        bench.confirm_truncation = std::chrono::hours(1);
        source.states = {{0, 12, false}, {0, 19, false}};
        source.state = {0, 30, false};
        CHECK(end_of<Error>(bench, source).kind() == Error::Kind::unavailable);
        CHECK(bench.sink.stopped.empty());
        CHECK(bench.watch.doubts == 2);
        CHECK(bench.watch.retries == 0);
    }
    SECTION("an end that is reported for long enough is believed") {
        bench.confirm_truncation = std::chrono::milliseconds(20);
        source.state = {0, 12, false};
        CHECK_THAT(end_of(bench, source).what(), ContainsSubstring("offset 20"));
        CHECK(bench.sink.stopped == Stops{{2, Cause::replaced}});
        CHECK(bench.watch.doubts > 1);
    }
    SECTION("nobody lacks anything: the record to be recognized has just expired") {
        source.state = {5, 30, false};
        CHECK(end_of<Error>(bench, source).kind() == Error::Kind::unavailable);
        CHECK(bench.sink.stopped.empty());
    }
    SECTION("nobody knows") {
        source.answers_after = 1;
        CHECK(end_of<Error>(bench, source).kind() == Error::Kind::unavailable);
        CHECK(bench.sink.stopped.empty());
    }
}

TEST_CASE("what came before an offset out of range is applied first") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    FakeSource source({0, 1});
    source.out_of_range = true;
    source.state = {5, 30, false};
    CHECK(end_of(bench, source).statements() == std::vector<int>{1});
    CHECK(bench.sink.applied[1] == range(0, 2));
    CHECK(bench.sink.stopped == Stops{{1, Cause::deleted}});
}

TEST_CASE("a log that becomes shorter is read no further before it has been claimed again") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    source.ends = {30, 30, 31, 25};  // one for each batch
    ends_after(bench, source, 15);
}

TEST_CASE("what was read of a log that was created again meanwhile is not applied") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    bench.sink.on_commit = [&](const CommitRequest& work) {
        if (work.end == 10) source.later = 0;
    };
    const Error ended = ends_after(bench, source, 10);
    CHECK_THAT(ended.what(), ContainsSubstring("is no longer the log that was read"));
}

TEST_CASE("what a batch that can't be judged grows by is of the same log, or nothing is applied") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.sink.fewest = 2;
    FakeSource source(range(0, 4));
    source.late = {1};
    bench.sink.on_unjudged = [&] { source.later = 0; };
    ends_after(bench, source, 0);
    CHECK(bench.sink.unjudged == std::vector<std::size_t>{1});
}

TEST_CASE("what a batch that can't be judged failed to grow by is read again") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.sink.applied_up_to(2, 2, 3);
    bench.sink.fewest = 2;
    FakeSource source({0, 1, 3, 4});  // the record at 2 has been compacted away
    source.state.compacted = true;
    source.late = {1};
    source.answers_after = 1;
    ends_after(bench, source, 0);
    FakeSource again({0, 1, 3, 4});
    again.state.compacted = true;
    bench.run(again);
    CHECK(bench.sink.applied[1] == std::vector<std::int64_t>{0, 1, 3, 4});
    CHECK(bench.sink.applied[2] == std::vector<std::int64_t>{3, 4});
}

TEST_CASE("nothing is applied before the source has said that the log is the same") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    source.unwatched = 3;
    bench.run(source, {.rows = 5});
    CHECK(bench.watch.retries == 3);
    CHECK(bench.sink.applied[1] == range(0, 20));
}

TEST_CASE("a stop that can't be recorded is retried until it is") {
    Bench bench;
    bench.sink.applied_up_to(1, 9, 10);
    bench.sink.fail_stops = 3;
    FakeSource source(range(9, 20));
    source.topic = Topic::created_again;
    end_of(bench, source);
    CHECK(bench.sink.stopped == Stops{{1, Cause::replaced}});
    CHECK(bench.watch.retries == 3);
}

TEST_CASE("a fingerprint tells a record by its offset, time, key and value") {
    Record record = record_at(7);
    record.key = "ab";
    const Fingerprint known = fingerprint_of(record);
    CHECK(known == fingerprint_of(record));
    const auto other = [&](auto&& change) {
        Record changed = record_at(7);
        changed.key = "ab";
        change(changed);
        return fingerprint_of(changed) != known;
    };
    CHECK(other([](Record& each) { each.offset = 8; }));
    CHECK(other([](Record& each) { each.timestamp = 1; }));
    CHECK(other([](Record& each) { each.key = std::nullopt; }));
    CHECK(other([](Record& each) { each.key = ""; }));
    CHECK(other([](Record& each) { each.value = std::nullopt; }));
    CHECK(other([](Record& each) { each.key = "a", each.value = "b{}"; }));
    CHECK(words({7, 1767225600042, 255}) ==
          "time 2026-01-01 00:00:00.042 UTC, checksum 00000000000000ff");
    CHECK(words({7, 1767225600042000000, -1}) ==
          "time 1767225600042000000, checksum ffffffffffffffff");
}

TEST_CASE("a log that ends before the next offset stops the lane, though it isn't out of range") {
    Bench bench;
    bench.sink.applied_up_to(1, 2, 3);
    FakeSource source({});
    source.end = source.at = 2;  // read from offset 2 on, where the last record was
    source.state = {0, 2, false};
    CHECK_THROWS_AS(bench.run(source), MissingData);
    CHECK(bench.sink.stopped.at(1) == MissingData::Cause::replaced);
}
