#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "tidewheel/catalogue/deliveries.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/delivery/destination.hpp"

namespace tidewheel::delivery {

struct CourierPolicy {
    RetryPolicy retry;
    std::optional<std::chrono::milliseconds> retry_for;  // then a row is set aside
};

// Where one subscriber is in one lane of an outbox: what is committed, what has been handed on, and
// when to go on after a failure. No I/O; one thread.
class Courier {
  public:
    Courier(const catalogue::DeliveryPosition& position, const CourierPolicy& policy,
            const Clock& clock = Clock::system());

    // Nothing is under way, and it may go on by now.
    bool is_due() const;
    bool is_busy() const { return busy_; }
    bool is_failing() const { return failing_since_.has_value(); }
    std::int64_t seq() const { return seq_; }        // committed
    std::int64_t cursor() const { return cursor_; }  // handed to the present destination
    const std::string& note() const { return note_; }

    // nullptr: it needs a new one.
    const std::shared_ptr<Destination>& destination() const { return destination_; }
    void set_destination(std::shared_ptr<Destination> destination);
    // The next rows go to a new destination, from the committed position on.
    void renew();
    // It may be tried at once, and how long it has failed counts from then on.
    void forget_failures();

    // `rows` are handed on; finished() says what came of it. Its step is to be committed: seq() is
    // its `to` by then. The caller knows the step's key, epoch and lane.
    void started() { busy_ = true; }
    catalogue::DeliveryStep finished(const std::vector<OutboxRow>& rows, const Delivered& result);

  private:
    void succeeded(const std::vector<OutboxRow>& rows, const Delivered& result,
                   catalogue::DeliveryStep& step);
    void failed(const std::vector<OutboxRow>& rows, const Failure& failure,
                catalogue::DeliveryStep& step);
    void set_aside(const std::vector<OutboxRow>& rows, catalogue::DeliveryStep& step);
    void set_aside_one(const std::vector<OutboxRow>& rows, catalogue::DeliveryStep& step);
    std::size_t count_done(std::int64_t through);

    CourierPolicy policy_;
    const Clock& clock_;
    Retry retry_;
    Clock::Monotonic not_before_{};
    std::int64_t seq_, cursor_;
    std::string note_;
    std::deque<std::int64_t> taken_;  // handed on, and not done
    std::optional<Clock::Monotonic> failing_since_;
    int set_aside_in_a_row_ = 0;
    bool busy_ = false, renew_ = false;
    std::shared_ptr<Destination> destination_;
};

}  // namespace tidewheel::delivery
