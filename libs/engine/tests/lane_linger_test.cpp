#include <deque>

#include "tidewheel/engine/lane.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::engine;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

class TurnedClock final : public Clock {
  public:
    milliseconds passed{0};
    Monotonic now() const override { return Monotonic(passed); }
    std::chrono::system_clock::time_point wall() const override { return {}; }
};

// Records that arrive at set times. Waiting for them is what turns the clock.
class TimedSource final : public RecordSource {
  public:
    TimedSource(TurnedClock& clock, std::initializer_list<milliseconds> arrivals)
        : clock_(clock), arrivals_(arrivals) {}

    std::optional<Record> next(int wait) override {
        const milliseconds patience = clock_.passed + milliseconds(wait);
        if (arrivals_.empty() || arrivals_.front() > patience) {
            if (arrivals_.empty() && wait >= 100) stop.request_stop();  // an idle lane's wait
            clock_.passed = patience;
            return {};
        }
        clock_.passed = std::max(clock_.passed, arrivals_.front());
        arrivals_.pop_front();
        Record record;
        record.value = "{}";
        record.offset = offset_++;
        return record;
    }
    std::int64_t end_offset() const override { return -1; }
    std::int64_t position() const override { return -1; }
    std::stop_source stop;

  private:
    TurnedClock& clock_;
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
class Ledger final : public BatchSink {
  public:
    explicit Ledger(const TurnedClock& clock) : clock_(clock) {}
    std::vector<StatementProgress> open() override { return {{1, 0}}; }
    Committed commit(const Work& work) override {
        if (!work.batch.empty())
            batches.push_back({work.batch.records().size(), clock_.passed.count()});
        return {};
    }
    std::vector<Closed> batches;

  private:
    const TurnedClock& clock_;
};

class Deaf final : public LaneObserver {
  public:
    void on_opened(std::int64_t) override {}
    void on_filled(std::int64_t, std::int64_t) override {}
    void on_committed(const BatchDone&) override {}
    void on_retry(const Error&, milliseconds) override {}
    void on_idle(std::int64_t) override {}
};

std::vector<Closed> batches_of(std::initializer_list<milliseconds> arrivals, milliseconds linger) {
    TurnedClock clock;
    TimedSource source(clock, arrivals);
    AcceptAll decoder;
    Ledger ledger(clock);
    Schema schema;
    Batch batch(schema);
    Deaf observer;
    LaneLimits limits;
    limits.linger = linger;
    Lane(source, decoder, ledger, batch, observer, limits, clock).run(source.stop.get_token());
    return ledger.batches;
}

using Batches = std::vector<Closed>;

}  // namespace

TEST_CASE("a batch closes when the linger time is over, and what comes later is in the next") {
    CHECK(batches_of({5ms, 10ms, 15ms, 50ms}, 20ms) == Batches{{3, 25}, {1, 70}});
}

TEST_CASE("the linger time counts from the first record, so a trickle doesn't hold a batch open") {
    CHECK(batches_of({0ms, 8ms, 16ms, 24ms, 32ms, 40ms}, 20ms) == Batches{{3, 20}, {3, 44}});
}

TEST_CASE("without a linger time a batch is what has arrived") {
    CHECK(batches_of({0ms, 0ms, 5ms}, 0ms) == Batches{{2, 0}, {1, 5}});
}
