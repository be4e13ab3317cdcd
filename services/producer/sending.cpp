#include "producer/sending.hpp"

#include <algorithm>
#include <utility>

#include "tidewheel/core/retry.hpp"

namespace tidewheel::producer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::uint64_t most_under_way = 50'000;
constexpr milliseconds last_timeout = 7s;  // a service has ten seconds to end

// One call of send_range.
class RangeRun {
  public:
    RangeRun(const Range& range, Sink& sink, const SendSteps& steps, std::stop_token stop,
             const Clock& clock)
        : range_(range),
          sink_(sink),
          steps_(steps),
          stop_(std::move(stop)),
          clock_(clock),
          begin_(clock.now()) {}

    Sending operator()() {
        try {
            send_all();
            flush();
        } catch (const Error& error) {
            sending_.failure = error;
            sending_.interrupted = true;
            sink_.flush(last_timeout);
        }
        return finish();
    }

  private:
    void send_all() {
        std::uint64_t done = 0;
        for (; range_.count == 0 || done < range_.count; ++done) {
            if (!wait_for_turn(done) || !wait_for_room()) break;
            steps_.send(range_.first + done);
            observe();
        }
        sending_.interrupted = range_.count == 0 || done < range_.count;
        if (!sending_.interrupted && steps_.finish) steps_.finish(done);
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

    void observe() {
        if (!steps_.observe) return;
        const auto now = clock_.now();
        if (now < next_look_) return;
        next_look_ = now + 200ms;
        steps_.observe(sink_.deliveries());
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

    Sending finish() {
        sending_.deliveries = sink_.deliveries();
        kafka::Deliveries& deliveries = sending_.deliveries;
        const std::uint64_t unanswered = deliveries.sent - deliveries.delivered - deliveries.failed;
        if (unanswered > 0 && deliveries.first_failure.empty())
            deliveries.first_failure = "not acknowledged before the producer ended";
        deliveries.failed += unanswered;
        sending_.elapsed = clock_.now() - begin_;
        return std::move(sending_);
    }

    const Range& range_;
    Sink& sink_;
    const SendSteps& steps_;
    const std::stop_token stop_;
    const Clock& clock_;
    const Clock::Monotonic begin_;
    Clock::Monotonic next_look_{};
    Sending sending_;
};

}  // namespace

Sending send_range(const Range& range, Sink& sink, const SendSteps& steps, std::stop_token stop,
                   const Clock& clock) {
    return RangeRun(range, sink, steps, std::move(stop), clock)();
}

}  // namespace tidewheel::producer
