#include "courier.hpp"

#include <algorithm>

namespace tidewheel::delivery {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest_wish = 1h;  // of a Retry-After
// So many rows one after the other are set aside by a trial each; then the far side is to blame,
// and not the rows.
constexpr int trials = 3;

}  // namespace

Courier::Courier(const catalogue::DeliveryPosition& position, const CourierPolicy& policy,
                 const Clock& clock)
    : policy_(policy),
      clock_(clock),
      retry_(policy.retry, clock),
      seq_(position.seq),
      cursor_(position.seq),
      note_(position.note) {
    if (position.failing_for) failing_since_ = clock.now() - *position.failing_for;
}

bool Courier::is_due() const {
    return !busy_ && retry_.is_due() && clock_.now() >= not_before_;
}

void Courier::set_destination(std::shared_ptr<Destination> destination) {
    destination_ = std::move(destination);
}

void Courier::renew() {
    renew_ = busy_;
    if (busy_) return;
    destination_.reset();
    taken_.clear();
    cursor_ = seq_;
}

void Courier::forget_failures() {
    retry_.succeeded();
    not_before_ = {};
    failing_since_.reset();
    set_aside_in_a_row_ = 0;
}

catalogue::DeliveryStep Courier::finished(const std::vector<OutboxRow>& rows,
                                          const Delivered& result) {
    busy_ = false;
    catalogue::DeliveryStep step;
    step.from = step.to = seq_;
    for (const OutboxRow& row : rows)
        taken_.push_back(row.seq);
    if (result.rewind) {
        step.to = 0;
        note_ = result.note;
    } else if (result.through > seq_) {
        step.to = result.through;
        step.delivered = count_done(result.through);
        note_ = result.note;
    }
    if (result.failure)
        failed(rows, *result.failure, step);
    else
        succeeded(rows, result, step);
    seq_ = step.to;
    cursor_ = std::max(cursor_, seq_);
    step.note = note_;
    if (result.failure || result.rewind || renew_) renew();
    return step;
}

std::size_t Courier::count_done(std::int64_t through) {
    std::size_t done = 0;
    for (; !taken_.empty() && taken_.front() <= through; ++done)
        taken_.pop_front();
    return done;
}

void Courier::succeeded(const std::vector<OutboxRow>& rows, const Delivered& result,
                        catalogue::DeliveryStep& step) {
    if (!rows.empty()) cursor_ = result.taken != 0 ? result.taken : rows.back().seq;
    while (!taken_.empty() && taken_.back() > cursor_)
        taken_.pop_back();
    step.recovered = rows.empty() && failing_since_ && step.delivered == 0;
    if (step.delivered == 0 && !step.recovered) return;
    retry_.succeeded();
    failing_since_.reset();
    set_aside_in_a_row_ = 0;
}

void Courier::failed(const std::vector<OutboxRow>& rows, const Failure& failure,
                     catalogue::DeliveryStep& step) {
    const auto now = clock_.now();
    if (step.delivered > 0) {
        retry_.succeeded();
        set_aside_in_a_row_ = 0;
        failing_since_.reset();
    }
    if (!failing_since_) failing_since_ = now;
    step.failure = failure.reason;
    retry_.failed();
    not_before_ = now + std::min(failure.retry_after.value_or(0ms), longest_wish);
    if (failure.is_final)
        set_aside_one(rows, step);
    else if (failure.is_ours)
        failing_since_.reset();  // the far side's time begins with its own first failure
    else if (policy_.retry_for && now - *failing_since_ >= *policy_.retry_for)
        set_aside(rows, step);
}

// It alone is at fault, and those behind it need not wait.
void Courier::set_aside_one(const std::vector<OutboxRow>& rows, catalogue::DeliveryStep& step) {
    for (const OutboxRow& row : rows) {
        if (row.seq <= step.to) continue;
        step.parked.push_back({row.seq, row.json, row.age});
        step.to = row.seq;
        break;
    }
    retry_.succeeded();
    failing_since_.reset();
}

// The row itself has been tried, if only once: those before it may have used up the time.
void Courier::set_aside(const std::vector<OutboxRow>& rows, catalogue::DeliveryStep& step) {
    const bool all_old = ++set_aside_in_a_row_ > trials;
    for (const OutboxRow& row : rows) {
        if (row.seq <= step.to) continue;
        if (!step.parked.empty() && (!all_old || row.age < *policy_.retry_for)) return;
        step.parked.push_back({row.seq, row.json, row.age});
        step.to = row.seq;
    }
}

}  // namespace tidewheel::delivery
