#include "producer/run.hpp"

#include <algorithm>
#include <utility>

#include "tidewheel/core/retry.hpp"

namespace tidewheel::producer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::uint64_t most_under_way = 50'000;
constexpr milliseconds last_timeout = 7s;  // a service has ten seconds to end

// One call of send_events.
class Run {
  public:
    Run(const StoreEvents& events, const Range& range, int partitions, Sink& sink,
        std::stop_token stop, const Observer& observe, const Clock& clock)
        : events_(events),
          range_(range),
          partitions_(partitions),
          sink_(sink),
          stop_(std::move(stop)),
          observe_(observe),
          clock_(clock),
          begin_(clock.now()) {}

    Report operator()() {
        try {
            send_all();
            flush();
        } catch (const Error& error) {
            report_.failure = error;
            report_.interrupted = true;
            sink_.flush(last_timeout);
        }
        return finish();
    }

  private:
    enum class Pass { first, repeat };

    void send_all() {
        std::uint64_t done = 0;
        for (; range_.count == 0 || done < range_.count; ++done) {
            if (!wait_for_turn(done) || !wait_for_room()) break;
            send(range_.first + done, Pass::first);
            if (done >= repeat_distance) send(range_.first + done - repeat_distance, Pass::repeat);
            observe();
        }
        report_.interrupted = range_.count == 0 || done < range_.count;
        if (!report_.interrupted) repeat_the_last(done);
    }

    // False: stopped.
    bool wait_for_turn(std::uint64_t done) {
        if (stop_.stop_requested()) return false;
        if (range_.pace == 0ns) return true;
        const auto turn = begin_ + range_.pace * static_cast<std::int64_t>(done);
        while (turn - clock_.now() >= 1ms) {
            observe();
            if (!wait_for(stop_,
                          std::min(1000ms, std::chrono::ceil<milliseconds>(turn - clock_.now()))))
                return false;
        }
        return true;
    }

    // Kept below the client's own queue, whose wait for room would not see a stop. False: stopped.
    bool wait_for_room() {
        const kafka::Deliveries& now = sink_.deliveries();
        while (now.sent - now.delivered - now.failed >= most_under_way) {
            if (stop_.stop_requested()) return false;
            sink_.flush(5ms);
            observe();
        }
        return true;
    }

    void send(std::uint64_t number, Pass pass) {
        if (pass == Pass::repeat && events_.plan().duplicates.threshold == 0) return;
        const StoreEvent event = events_.event(number);
        if (pass == Pass::repeat && !event.repeated) return;
        value_.clear();
        events_.append_json(event, value_);
        sink_.send({.partition = partition_of(event, partitions_),
                    .key = std::nullopt,
                    .value = value_,
                    .headers = headers_of(event)});
        report_.counts.add(event, pass == Pass::repeat);
    }

    void repeat_the_last(std::uint64_t done) {
        for (std::uint64_t i = done - std::min(done, repeat_distance); i < done; ++i)
            send(range_.first + i, Pass::repeat);
    }

    void observe() {
        if (!observe_) return;
        const auto now = clock_.now();
        if (now < next_look_) return;
        next_look_ = now + 200ms;
        observe_(report_.counts, sink_.deliveries());
    }

    // In slices, so that a stop is seen. The client gives every record up in the end, so this does
    // end.
    void flush() {
        while (!stop_.stop_requested()) {
            if (sink_.flush(200ms)) return;
            observe();
        }
        sink_.flush(last_timeout);
    }

    Report finish() {
        report_.deliveries = sink_.deliveries();
        kafka::Deliveries& deliveries = report_.deliveries;
        const std::uint64_t unanswered = deliveries.sent - deliveries.delivered - deliveries.failed;
        if (unanswered > 0 && deliveries.first_failure.empty())
            deliveries.first_failure = "not acknowledged before the producer ended";
        deliveries.failed += unanswered;
        report_.elapsed = clock_.now() - begin_;
        return std::move(report_);
    }

    const StoreEvents& events_;
    const Range& range_;
    const int partitions_;
    Sink& sink_;
    const std::stop_token stop_;
    const Observer& observe_;
    const Clock& clock_;
    const Clock::Monotonic begin_;
    Clock::Monotonic next_look_{};
    std::string value_;
    Report report_;
};

}  // namespace

Report send_events(const StoreEvents& events, const Range& range, int partitions, Sink& sink,
                   std::stop_token stop, const Observer& observe, const Clock& clock) {
    return Run(events, range, partitions, sink, std::move(stop), observe, clock)();
}

}  // namespace tidewheel::producer
