#include "lane_bench.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::engine;
using namespace tidewheel::engine::bench;

TEST_CASE("a lane applies every record once and moves the progress past the last one") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.run(range(0, 25), {.rows = 10});
    CHECK(bench.sink.applied[1] == range(0, 25));
    CHECK(bench.sink.progress[1] == 25);
    CHECK(bench.watch.batches == std::vector<std::size_t>{10, 10, 5});
}

TEST_CASE("a batch whose record can't be judged is tried again with those that come behind it") {
    Bench bench;
    bench.runner.at_once = true;
    bench.sink.progress = {{1, 0}};
    bench.sink.fewest = 3;
    FakeSource source(range(0, 3));
    source.late = {1, 2};  // each is there at the second look only
    bench.run(source);
    CHECK(bench.sink.unjudged == std::vector<std::size_t>{1, 2});
    CHECK(bench.sink.applied[1] == range(0, 3));
    CHECK(bench.sink.progress[1] == 3);
}

TEST_CASE("a batch that can't be judged takes in what the next one holds already") {
    Bench bench;
    bench.sink.progress = {{1, 0}, {2, 7}};
    bench.sink.fewest = 3;
    FakeSource source(range(0, 10));
    source.late = {1};
    bench.run(source, {.rows = 4});
    CHECK(bench.sink.unjudged == std::vector<std::size_t>{1});
    CHECK(bench.watch.batches == std::vector<std::size_t>{4, 3, 3});
    CHECK(bench.sink.applied[1] == range(0, 10));
    CHECK(bench.sink.applied[2] == range(7, 10));
}

TEST_CASE("a batch that can't be judged doesn't grow past where another statement joins in") {
    Bench bench;
    bench.sink.progress = {{1, 0}, {2, 2}};
    bench.sink.fewest = 2;
    FakeSource source(range(0, 4));
    source.late = {1};
    bench.run(source);
    CHECK(bench.sink.unjudged == std::vector<std::size_t>{1});
    CHECK(bench.sink.applied[1] == range(0, 4));
    CHECK(bench.sink.applied[2] == range(2, 4));
}

TEST_CASE("what a statement waits at is the first record of a batch") {
    Bench bench;
    bench.sink.progress = {{1, 2}};
    bench.sink.waits_at = {{1, 7}};
    bench.run(range(0, 10));
    CHECK(bench.sink.applied[1] == range(2, 10));
    CHECK(bench.watch.batches == std::vector<std::size_t>{5, 3});
}

TEST_CASE("records that were applied before are skipped") {
    Bench bench;
    bench.sink.progress = {{1, 7}};
    bench.run(range(0, 10));
    CHECK(bench.sink.applied[1] == range(7, 10));
}

TEST_CASE("records that come again while their batch is being filled are in it once") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.run({0, 1, 2, 0, 1, 2, 3});
    CHECK(bench.sink.applied[1] == range(0, 4));
    CHECK(bench.sink.progress[1] == 4);
}

TEST_CASE("a commit that failed is tried again with the same records") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.sink.fail_before = 3;
    bench.run(range(0, 5));
    CHECK(bench.sink.applied[1] == range(0, 5));
    CHECK(bench.watch.retries == 3);
}

TEST_CASE("a commit whose answer was lost is not repeated") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.sink.fail_after = 1;
    bench.run(range(0, 5));
    CHECK(bench.sink.applied[1] == range(0, 5));
    CHECK(bench.sink.commits == 1);
    CHECK(bench.sink.progress[1] == 5);
}

TEST_CASE("a lane whose partition was claimed by another ends without retrying") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.sink.fenced = true;
    CHECK_THROWS_AS(bench.run(range(0, 5)), Error);
    CHECK(bench.sink.commits == 1);
}

TEST_CASE("a statement that stands further ahead joins in exactly where it stands") {
    Bench bench;
    bench.sink.progress = {{1, 0}, {2, 13}};
    bench.run(range(0, 20), {.rows = 8});
    CHECK(bench.sink.applied[1] == range(0, 20));
    CHECK(bench.sink.applied[2] == range(13, 20));
    CHECK(bench.watch.batches == std::vector<std::size_t>{8, 5, 7});
}

TEST_CASE(
    "a gap in the offsets over the point where a statement joins in loses and doubles nothing") {
    Bench bench;
    bench.sink.progress = {{1, 0}, {2, 10}};
    bench.run({3, 4, 15, 16});
    CHECK(bench.sink.applied[1] == std::vector<std::int64_t>{3, 4, 15, 16});
    CHECK(bench.sink.applied[2] == std::vector<std::int64_t>{15, 16});
    CHECK(bench.sink.progress == std::map<int, std::int64_t>{{1, 17}, {2, 17}});
}

TEST_CASE("a gap right from the start moves the statements up to where the others stand") {
    Bench bench;
    bench.sink.progress = {{1, 0}, {2, 10}};
    bench.run({15});
    CHECK(bench.sink.applied[1] == std::vector<std::int64_t>{15});
    CHECK(bench.sink.applied[2] == std::vector<std::int64_t>{15});
}

TEST_CASE("a batch closes on its bytes") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.run(range(0, 6), {.rows = 100, .bytes = 4});  // each value is "{}"
    CHECK(bench.watch.batches == std::vector<std::size_t>{2, 2, 2});
}

TEST_CASE("an idle lane writes a heartbeat once in a while") {
    Bench bench;
    bench.sink.progress = {{1, 7}};
    FakeSource source({});
    source.end = source.at = 7;
    bench.run(source);
    CHECK(bench.sink.commits == 1);  // and not at every look
    CHECK(bench.sink.progress[1] == 7);
    CHECK(bench.sink.applied[1].empty());
}

TEST_CASE("the markers of transactions at the end of a partition are passed over") {
    Bench bench;
    bench.sink.progress = {{1, 0}, {2, 4}};
    FakeSource source({0, 1, 2});
    source.end = source.at = 5;
    bench.run(source);
    CHECK(bench.sink.applied[1] == range(0, 3));
    CHECK(bench.sink.progress == std::map<int, std::int64_t>{{1, 5}, {2, 5}});
}

TEST_CASE("a lane that has not read up to the end says nothing about it") {
    Bench bench;
    bench.sink.progress = {{1, 3}};
    FakeSource source({});
    source.end = 9;
    source.at = 3;
    bench.run(source);
    CHECK(bench.sink.commits == 0);
    source.end = 2;  // the topic was recreated
    source.empty_reads = 0;
    source.stop = std::stop_source();
    bench.run(source);
    CHECK(bench.sink.commits == 0);
}

TEST_CASE("what came before an offset that can't be read is applied before the lane ends") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    FakeSource source({0, 1});
    source.unreadable = true;
    CHECK_THROWS_AS(bench.run(source), Error);
    CHECK(bench.sink.applied[1] == range(0, 2));
    CHECK(bench.sink.progress[1] == 2);
}

TEST_CASE("batches start with the given size, and grow again") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    std::vector<std::int64_t> offsets(40);
    for (std::size_t i = 0; i < offsets.size(); ++i)
        offsets[i] = static_cast<std::int64_t>(i);
    LaneLimits limits;
    limits.rows = 16;
    limits.first_rows = 2;
    bench.run(offsets, limits);
    CHECK(bench.watch.batches == std::vector<std::size_t>{2, 4, 8, 16, 10});
}

TEST_CASE("a lane whose batch was abandoned says that the next one should have half of it") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.sink.fenced = true;
    FakeSource source({0, 1, 2, 3, 4, 5});
    LaneLimits limits;
    limits.rows = 100;
    Lane lane(source, bench.decoder, bench.sink, bench.runner, bench.schema, bench.watch, limits);
    CHECK_THROWS_AS(lane.run(source.stop.get_token()), Error);
    CHECK(lane.next_rows(true) == 3);
    CHECK(lane.next_rows(false) == 100);
}

TEST_CASE("a batch that gets no more memory is committed as it is, and a lane alone may fill it") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    MemoryBudget memory(2u << 20);
    LaneLimits limits;
    limits.memory = &memory;
    std::vector<std::int64_t> offsets(8000);
    for (std::size_t i = 0; i < offsets.size(); ++i)
        offsets[i] = static_cast<std::int64_t>(i);
    {
        MemoryBudget::Share other(memory);
        REQUIRE(other.may_hold((1u << 20) + (1u << 19)));  // its half, and the common one
        bench.run(offsets, limits);
    }
    CHECK(bench.watch.batches.size() > 1);
    CHECK(bench.sink.applied.at(1).size() == 8000);
    bench.sink.progress = {{1, 0}};
    bench.watch.batches.clear();
    bench.run(offsets, limits);
    CHECK(bench.watch.batches == std::vector<std::size_t>{8000});
}

TEST_CASE("a record that can't be decoded yet is waited for, and applied once") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.decoder.away = {{0, 3}};
    bench.run(range(0, 5));
    CHECK(bench.sink.applied[1] == range(0, 5));
    CHECK(bench.sink.progress[1] == 5);
    CHECK(bench.watch.retries == 3);
    CHECK(bench.watch.batches == std::vector<std::size_t>{5});
}

TEST_CASE("what came before a record that can't be decoded yet is committed at once") {
    Bench bench;
    bench.runner.at_once = true;
    bench.decoder.kind = GENERATE(Error::Kind::unavailable, Error::Kind::refused);
    bench.sink.progress = {{1, 0}};
    bench.decoder.away = {{3, 2}};
    bench.run({0, 1, 3, 4});  // offset 2 holds no record
    CHECK(bench.sink.applied[1] == std::vector<std::int64_t>{0, 1, 3, 4});
    CHECK(bench.sink.progress[1] == 5);
    CHECK(bench.watch.retries == 1);
    CHECK(bench.watch.batches == std::vector<std::size_t>{2, 2});
}

TEST_CASE(
    "a record that can't be decoded yet is no reason to move a statement that joins in later") {
    Bench bench;
    bench.sink.progress = {{1, 0}, {2, 3}};
    bench.decoder.away = {{2, 2}, {4, 2}};
    bench.run(range(0, 6));
    CHECK(bench.sink.applied[1] == range(0, 6));
    CHECK(bench.sink.applied[2] == range(3, 6));
}

TEST_CASE("a batch that can't be judged takes in no record that can't be decoded yet") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.runner.at_once = true;
    bench.sink.fewest = 3;
    bench.decoder.away = {{2, 2}};
    bench.run(range(0, 4));
    CHECK(bench.sink.unjudged == std::vector<std::size_t>{2, 2});
    CHECK(bench.sink.applied[1] == range(0, 4));
}

TEST_CASE("a lane that waits for its decoder can be stopped, and leaves the record to the next") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.decoder.away = {{0, 1'000'000}};
    FakeSource source(range(0, 1));
    int tries = 0;
    bench.decoder.meanwhile = [&] {
        if (++tries == 3) source.stop.request_stop();
    };
    bench.run(source);
    CHECK(tries == 3);
    CHECK(bench.sink.commits == 0);
    CHECK(bench.sink.progress[1] == 0);
}

TEST_CASE("a decoder whose failure is permanent ends the lane, and the record is not skipped") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.decoder.away = {{1, 1}};
    bench.decoder.kind = Error::Kind::pipeline;
    CHECK_THROWS_AS(bench.run(range(0, 3)), Error);
    CHECK(bench.sink.progress[1] == 0);
}
