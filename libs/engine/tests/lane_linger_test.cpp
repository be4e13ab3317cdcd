#include <deque>

#include "lane_bench.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel;
using namespace tidewheel::engine;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

using testing::FakeClock;

milliseconds passed(const FakeClock& clock) {
    return std::chrono::duration_cast<milliseconds>(clock.time.time_since_epoch());
}

// Records that arrive at set times. Waiting for them is what turns the clock.
class TimedSource final : public RecordSource {
  public:
    TimedSource(FakeClock& clock, std::initializer_list<milliseconds> arrivals)
        : clock_(clock), arrivals_(arrivals) {}

    std::optional<Record> next(int wait) override {
        const Clock::Monotonic timeout = clock_.time + milliseconds(wait);
        if (arrivals_.empty() || Clock::Monotonic(arrivals_.front()) > timeout) {
            if (arrivals_.empty() && wait >= 100) stop.request_stop();  // an idle lane's wait
            clock_.time = timeout;
            return {};
        }
        clock_.time = std::max(clock_.time, Clock::Monotonic(arrivals_.front()));
        arrivals_.pop_front();
        Record record;
        record.value = "{}";
        record.offset = offset_++;
        return record;
    }
    std::int64_t end_offset() const override { return -1; }
    std::int64_t position() const override { return -1; }
    TopicPartition log() const override { return {"clicks", 0}; }
    LogState ask_log() override { return {}; }
    std::stop_source stop;

  private:
    FakeClock& clock_;
    std::deque<milliseconds> arrivals_;
    std::int64_t offset_ = 0;
};

class AcceptAll final : public Decoder {
  public:
    std::optional<Reject> decode(const Record&, Batch&) override { return {}; }
};

struct Closed {
    std::size_t records;
    long at;  // milliseconds
    bool operator==(const Closed&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Closed& batch) {
    return out << batch.records << " records at " << batch.at << " ms";
}

// Notes how large each batch was when it closed, and when that was.
class CatalogueRows final : public BatchSink {
  public:
    CatalogueRows(FakeClock& clock, milliseconds takes) : clock_(clock), takes_(takes) {}
    std::vector<StatementProgress> open() override { return {{1, 0}}; }
    Committed commit(const CommitRequest& work) override {
        if (!work.batch.empty())
            batches.push_back({work.batch.records().size(), passed(clock_).count()});
        clock_.time += takes_;
        return {};
    }
    void stop(const MissingData&) override {}
    std::vector<Closed> batches;

  private:
    FakeClock& clock_;
    const milliseconds takes_;
};

class Deaf final : public LaneObserver {
  public:
    void on_opened(std::int64_t) override {}
    void on_filled(std::int64_t, std::int64_t) override {}
    void on_committed(const BatchDone&) override {}
    void on_retry(const Error&, milliseconds) override {}
    void on_idle(std::int64_t) override {}
};

std::vector<Closed> batches_of(std::initializer_list<milliseconds> arrivals, milliseconds linger,
                               std::size_t rows = 100, milliseconds commit_takes = 0ms) {
    FakeClock clock;
    TimedSource source(clock, arrivals);
    AcceptAll decoder;
    CatalogueRows catalogue_rows(clock, commit_takes);
    Schema schema;
    bench::FakeRunner runner;
    Deaf observer;
    LaneLimits limits;
    limits.linger = linger;
    limits.rows = rows;
    Lane(source, decoder, catalogue_rows, runner, schema, observer, limits, clock)
        .run(source.stop.get_token());
    return catalogue_rows.batches;
}

using Batches = std::vector<Closed>;

}  // namespace

TEST_CASE(
    "what comes after a pause is stored at once, and the next batch only after the linger time") {
    CHECK(batches_of({5ms, 10ms, 15ms, 50ms}, 20ms) == Batches{{1, 5}, {2, 25}, {1, 50}});
}

TEST_CASE("the linger time counts from commit to commit, so a trickle doesn't hold a batch open") {
    CHECK(batches_of({0ms, 8ms, 16ms, 24ms, 32ms, 40ms}, 20ms) ==
          Batches{{1, 0}, {2, 20}, {3, 40}});
}

TEST_CASE("after a slow commit a lane rests for as long, but not for ever") {
    CHECK(batches_of({0ms, 9ms, 17ms, 18ms, 30ms}, 5ms, 100, 8ms) ==
          Batches{{1, 0}, {1, 16}, {3, 32}});
    CHECK(batches_of({0ms, 9ms, 150ms}, 5ms, 100, 100ms) == Batches{{1, 0}, {1, 120}, {1, 240}});
    CHECK(batches_of({0ms, 9ms}, 0ms, 100, 8ms) == Batches{{1, 0}, {1, 9}});
}

TEST_CASE("a batch that is full doesn't wait") {
    CHECK(batches_of({0ms, 2ms, 4ms, 6ms, 8ms}, 20ms, 2) == Batches{{1, 0}, {2, 4}, {2, 8}});
}

TEST_CASE("without a linger time a batch is what has arrived") {
    CHECK(batches_of({0ms, 0ms, 5ms}, 0ms) == Batches{{2, 0}, {1, 5}});
}
