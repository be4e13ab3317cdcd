#include "tidewheel/engine/lane.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::engine;

namespace {

Record record_at(std::int64_t offset) {
    Record record;
    record.value = "{}";
    record.offset = offset;
    return record;
}

// Serves records in order; asks for a stop when it has run dry.
class FakeSource final : public RecordSource {
  public:
    explicit FakeSource(std::vector<std::int64_t> offsets)
        : offsets_(offsets.begin(), offsets.end()) {}
    std::int64_t end = 1000, at = -1;  // what end_offset() and position() say
    bool unreadable = false;           // behind the last record
    std::optional<Record> next(int wait) override {
        if (offsets_.empty() && unreadable) throw Error(Error::Kind::refused, "data is missing");
        if (!offsets_.empty()) {
            const auto offset = offsets_.front();
            offsets_.pop_front();
            return record_at(offset);
        }
        if (wait >= 100 && ++empty_reads > 3) stop.request_stop();
        return {};
    }
    std::int64_t end_offset() const override { return end; }
    std::int64_t position() const override { return at; }
    int empty_reads = 0;
    std::stop_source stop;

  private:
    std::deque<std::int64_t> offsets_;
};

class AcceptAll final : public Decoder {
  public:
    std::optional<Reject> decode(const Record&, Batch&) override { return {}; }
};

// A database in memory: progress by statement, and what each statement has applied.
class FakeSink final : public BatchSink {
  public:
    std::map<int, std::int64_t> progress;
    std::map<int, std::vector<std::int64_t>> applied;
    int fail_before = 0;  // the next n commits fail and store nothing
    int fail_after = 0;   // the next n commits are stored, but the answer is lost
    bool fenced = false;
    int commits = 0;

    std::vector<StatementProgress> open() override {
        std::vector<StatementProgress> all;
        for (const auto& [statement, next] : progress)
            all.push_back({statement, next});
        return all;
    }
    Committed commit(const Work& work) override {
        ++commits;
        if (fenced) throw Error(Error::Kind::fenced, "another owner");
        if (fail_before > 0 && fail_before--) throw Error(Error::Kind::unavailable, "away");
        for (int statement : work.statements) {
            if (progress.at(statement) != work.begin) throw Error(Error::Kind::fenced, "moved");
            for (const Record& record : work.batch.records())
                applied[statement].push_back(record.offset);
            progress[statement] = work.end;
        }
        if (fail_after > 0 && fail_after--) throw Error(Error::Kind::unavailable, "answer lost");
        return {};
    }
};

class Watch final : public LaneObserver {
  public:
    int retries = 0;
    std::vector<std::size_t> batches;
    void on_opened(std::int64_t) override {}
    void on_filled(std::int64_t, std::int64_t) override {}
    void on_committed(const BatchDone& done) override { batches.push_back(done.records); }
    void on_retry(const Error&, std::chrono::milliseconds) override { ++retries; }
    void on_idle(std::int64_t) override {}
};

struct Bench {
    Schema schema;
    Batch batch{schema};
    AcceptAll decoder;
    FakeSink sink;
    Watch watch;

    void run(std::vector<std::int64_t> offsets, LaneLimits limits = {}) {
        FakeSource source(std::move(offsets));
        run(source, limits);
    }
    void run(FakeSource& source, LaneLimits limits = {}) {
        limits.retry_longest = std::chrono::milliseconds(1);
        limits.linger = std::chrono::milliseconds(0);
        Lane(source, decoder, sink, batch, watch, limits).run(source.stop.get_token());
    }
};

std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> all;
    for (; first < last; ++first)
        all.push_back(first);
    return all;
}

}  // namespace

TEST_CASE("a lane applies every record once and moves the progress past the last one") {
    Bench bench;
    bench.sink.progress = {{1, 0}};
    bench.run(range(0, 25), {.rows = 10});
    CHECK(bench.sink.applied[1] == range(0, 25));
    CHECK(bench.sink.progress[1] == 25);
    CHECK(bench.watch.batches == std::vector<std::size_t>{10, 10, 5});
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

TEST_CASE("an idle lane writes down that it is there, once in a while") {
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
    source.end = 2;  // the topic was made anew
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
