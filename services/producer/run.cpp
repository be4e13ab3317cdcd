#include "producer/run.hpp"

#include <algorithm>
#include <utility>

namespace tidewheel::producer {
namespace {

// Sends store events, and some of them again.
class EventSender {
  public:
    EventSender(const StoreEvents& events, const Range& range, int partitions, Sink& sink)
        : events_(events), first_(range.first), partitions_(partitions), sink_(sink) {}

    void send(std::uint64_t number) {
        send(number, Pass::first);
        if (number - first_ >= repeat_distance) send(number - repeat_distance, Pass::repeat);
    }
    void repeat_the_last(std::uint64_t count) {
        for (std::uint64_t i = count - std::min(count, repeat_distance); i < count; ++i)
            send(first_ + i, Pass::repeat);
    }
    const Counts& counts() const { return counts_; }

  private:
    enum class Pass { first, repeat };

    void send(std::uint64_t number, Pass pass) {
        if (pass == Pass::repeat && events_.plan().duplicates.threshold == 0) return;
        const StoreEvent event = events_.event(number);
        if (pass == Pass::repeat && !event.repeated) return;
        value_.clear();
        events_.append_json(event, value_);
        sink_.send({.partition = partition_of(event, partitions_),
                    .key = std::nullopt,
                    .value = value_,
                    .headers = headers_of(event)},
                   0);
        counts_.add(event, pass == Pass::repeat);
    }

    const StoreEvents& events_;
    const std::uint64_t first_;
    const int partitions_;
    Sink& sink_;
    std::string value_;
    Counts counts_;
};

}  // namespace

Report send_events(const StoreEvents& events, const Range& range, int partitions, Sink& sink,
                   std::stop_token stop, const Observer& observe, const Clock& clock) {
    EventSender sender(events, range, partitions, sink);
    SendSteps steps{.send = [&](std::uint64_t number) { sender.send(number); },
                    .finish = [&](std::uint64_t count) { sender.repeat_the_last(count); }};
    if (observe)
        steps.observe = [&](const kafka::Deliveries& now) { observe(sender.counts(), now); };
    Report report;
    static_cast<Sending&>(report) = send_range(range, sink, steps, std::move(stop), clock);
    report.counts = sender.counts();
    return report;
}

}  // namespace tidewheel::producer
