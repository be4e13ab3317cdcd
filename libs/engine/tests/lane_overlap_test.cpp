#include <atomic>
#include <latch>

#include "lane_bench.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::engine;
using namespace tidewheel::engine::bench;
using namespace std::chrono_literals;

namespace {

// Tells when a record has been decoded.
class TellingDecoder final : public Decoder {
  public:
    explicit TellingDecoder(std::int64_t awaited) : awaited_(awaited) {}
    std::latch decoded{1};
    std::optional<Reject> decode(const Record& record, Batch&) override {
        newest = record.offset;
        if (record.offset == awaited_) decoded.count_down();
        return {};
    }
    std::atomic<std::int64_t> newest = -1;

  private:
    const std::int64_t awaited_;
};

struct Threads {
    Schema schema;
    FakeSink sink;
    Watch watch;
    CommitThread runner;

    void run(FakeSource& source, Decoder& decoder, LaneLimits limits) {
        limits.linger = 0ms;
        limits.retry_longest = 1ms;
        Lane(source, decoder, sink, runner, schema, watch, limits).run(source.stop.get_token());
    }
};

}  // namespace

TEST_CASE("while a batch is being stored, the next one is filled") {
    Threads lane;
    lane.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    TellingDecoder decoder(9);
    lane.sink.on_commit = [&](const CommitRequest& work) {
        if (work.begin == 0) decoder.decoded.wait();  // of the second batch, and its last
    };
    lane.run(source, decoder, {.rows = 5});
    CHECK(lane.sink.applied[1] == range(0, 20));
    CHECK(lane.watch.batches == std::vector<std::size_t>{5, 5, 5, 5});
}

TEST_CASE("no third batch is begun before the first is stored") {
    Threads lane;
    lane.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    TellingDecoder decoder(9);
    std::vector<std::int64_t> newest;
    lane.sink.on_commit = [&](const CommitRequest& work) {
        if (work.begin == 0) decoder.decoded.wait();
        newest.push_back(decoder.newest);
    };
    lane.run(source, decoder, {.rows = 5});
    CHECK(newest.front() == 9);
}

TEST_CASE("a commit that fails beside the filling of the next batch is repeated before that") {
    Threads lane;
    lane.sink.progress = {{1, 0}};
    const bool was_stored = GENERATE(false, true);
    (was_stored ? lane.sink.fail_after : lane.sink.fail_before) = 3;
    FakeSource source(range(0, 50));
    TellingDecoder decoder(0);
    lane.run(source, decoder, {.rows = 5});
    CHECK(lane.sink.applied[1] == range(0, 50));
    CHECK(lane.watch.retries == 3);
}

TEST_CASE("a stop finishes the batch that is being stored, and gives up the one being filled") {
    Threads lane;
    lane.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    TellingDecoder decoder(7);
    lane.sink.on_commit = [&](const CommitRequest&) {
        decoder.decoded.wait();
        source.stop.request_stop();
    };
    lane.run(source, decoder, {.rows = 5});
    CHECK(lane.sink.applied[1] == range(0, 5));
    CHECK(lane.watch.batches == std::vector<std::size_t>{5});
}

TEST_CASE("a lane whose partition is claimed while it fills drops what it has filled") {
    Threads lane;
    lane.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    TellingDecoder decoder(9);
    lane.sink.on_commit = [&](const CommitRequest&) {
        decoder.decoded.wait();
        throw Error(Error::Kind::fenced, "another owner");
    };
    CHECK_THROWS_AS(lane.run(source, decoder, {.rows = 5}), Error);
    CHECK(lane.sink.commits == 1);
    CHECK(lane.watch.batches.empty());
}

TEST_CASE("what is wrong with the next batch is said after the one before is stored") {
    Threads lane;
    lane.sink.progress = {{1, 0}};
    FakeSource source(range(0, 20));
    FakeDecoder decoder;
    decoder.kind = Error::Kind::pipeline;
    decoder.away = {{7, 1}};
    std::latch failed(1);
    decoder.meanwhile = [&] { failed.count_down(); };
    lane.sink.on_commit = [&](const CommitRequest&) { failed.wait(); };
    CHECK_THROWS_AS(lane.run(source, decoder, {.rows = 5}), Error);
    CHECK(lane.sink.progress[1] == 5);
}

TEST_CASE("a batch that can't be judged doesn't grow past a record that was lost to a failure") {
    Threads lane;
    lane.sink.progress = {{1, 0}};
    lane.sink.fewest = 6;
    FakeSource source(range(0, 20));
    source.late = {5};
    FakeDecoder decoder;
    decoder.kind = Error::Kind::pipeline;
    decoder.away = {{7, 1}};
    std::latch failed(1);
    decoder.meanwhile = [&] { failed.count_down(); };
    lane.sink.on_unjudged = [&] { failed.wait(); };
    CHECK_THROWS_AS(lane.run(source, decoder, {}), Error);
    CHECK(lane.sink.commits == 1);
    CHECK(lane.sink.progress[1] == 0);
}

TEST_CASE(
    "both batches of a lane fit into its memory, and a large one leaves the next a small one") {
    MemoryBudget memory(4u << 20);
    Threads lane;
    lane.sink.progress = {{1, 0}};
    FakeSource source(range(0, 10'000));
    TellingDecoder decoder(0);
    LaneLimits limits;
    limits.memory = &memory;
    std::size_t most = 0;
    lane.sink.on_commit = [&](const CommitRequest& work) {
        most = std::max(most, work.batch.footprint());
    };
    lane.run(source, decoder, limits);
    CHECK(lane.sink.applied[1] == range(0, 10'000));
    CHECK(most <= (4u << 20) + 1024);  // a record more, at most
    MemoryBudget::Share other(memory);
    CHECK(other.may_hold(4u << 20));  // all has been given back
}
