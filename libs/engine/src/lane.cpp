#include "tidewheel/engine/lane.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "tidewheel/core/weakened.hpp"

namespace tidewheel::engine {
namespace {

constexpr int idle_wait = 100;  // milliseconds: how soon an idle lane notices a stop
constexpr std::chrono::milliseconds first_wait{100};  // before a failed batch is tried again

}  // namespace

Lane::Lane(RecordSource& source, Decoder& decoder, BatchSink& sink, Batch& batch,
           LaneObserver& observer, LaneLimits limits, const Clock& clock)
    : source_(source),
      decoder_(decoder),
      sink_(sink),
      batch_(batch),
      observer_(observer),
      limits_(limits),
      clock_(clock),
      backoff_(std::min(first_wait, limits.retry_longest), limits.retry_longest) {}

void Lane::run(std::stop_token stop) {
    open(stop);
    while (!stop.stop_requested()) {
        fill(stop);
        if (stop.stop_requested()) break;
        if (!batch_.empty() || held_)
            write(stop, held_ ? limit_ : batch_.records().back().offset + 1);
        else
            rest(stop);
    }
    batch_.clear();
    held_.reset();
}

// Calls `attempt` until it returns or throws what no retry can mend. False: it was stopped before.
template <class Attempt>
bool Lane::retrying(std::stop_token stop, Attempt&& attempt) {
    for (;;) {
        try {
            attempt();
            backoff_.reset();
            return true;
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::fenced || error.kind() == Error::Kind::pipeline) throw;
            const auto wait = backoff_.next();
            observer_.on_retry(error, wait);
            if (!wait_for(stop, wait)) return false;
        }
    }
}

void Lane::open(std::stop_token stop) {
    if (!retrying(stop, [&] { progress_ = sink_.open(); })) return;
    const auto lowest = std::min_element(
        progress_.begin(), progress_.end(),
        [](const auto& a, const auto& b) { return a.next_offset < b.next_offset; });
    next_ = lowest == progress_.end() ? 0 : lowest->next_offset;
    observer_.on_opened(next_);
}

void Lane::fill(std::stop_token stop) {
    batch_.clear();
    limit_ = std::numeric_limits<std::int64_t>::max();
    for (const StatementProgress& each : progress_)
        if (each.next_offset > next_) limit_ = std::min(limit_, each.next_offset);

    std::int64_t wanted = next_;
    int wait = idle_wait;
    while (!full() && !stop.stop_requested()) {
        std::optional<Record> record;
        try {
            record = held_ ? std::exchange(held_, {}) : source_.next(wait);
        } catch (const MissingData& missing) {
            if (!batch_.empty()) return;  // what came before is good; the source will say it again
            if (at_next().size() == progress_.size()) throw;
            throw MissingData(missing.what(), missing.hint(), at_next());
        } catch (const Error&) {
            if (batch_.empty()) throw;
            return;
        }
        if (!record) {
            if (wait != 0) return;  // idle, or the linger time is over
            const auto rest =
                limits_.linger - std::chrono::duration_cast<std::chrono::milliseconds>(
                                     clock_.now() - filling_since_);
            if (rest.count() <= 0) return;
            wait = static_cast<int>(rest.count());
            continue;
        }
        if (record->offset < wanted) continue;  // redelivered: applied, or in this batch already
        if (batch_.empty()) filling_since_ = clock_.now();
        if (record->offset >= limit_) {  // offsets may have gaps: this one is for the next batch
            held_ = std::move(record);
            return;
        }
        wanted = record->offset + 1;
        batch_.add(std::move(*record),
                   [&](const Record& each, Batch& batch) { return decoder_.decode(each, batch); });
        wait = 0;
    }
}

// Nothing to do. That is written down, too, now and then: whoever looks at the progress must be
// able to tell a silent partition from a lane that is gone. The markers of transactions, which are
// no records, are passed over on the way.
void Lane::rest(std::stop_token stop) {
    const std::int64_t end = source_.end_offset();
    const bool at_end = end >= next_ && source_.position() >= end;
    const bool due = !written_at_ || clock_.now() - *written_at_ >= limits_.heartbeat;
    if (at_end && (end > next_ || due)) write(stop, std::min(limit_, end));
    observer_.on_idle(end);
}

bool Lane::full() const {
    if (batch_.empty()) return false;
    return batch_.records().size() >= limits_.rows || batch_.bytes() >= limits_.bytes ||
           batch_.records().back().offset + 1 >= limit_;
}

Work Lane::work(std::int64_t end) const {
    return {batch_, next_, end, source_.end_offset(), at_next()};
}

// The statements whose turn it is.
std::vector<int> Lane::at_next() const {
    std::vector<int> statements;
    for (const StatementProgress& each : progress_)
        if (each.next_offset == next_) statements.push_back(each.statement);
    return statements;
}

void Lane::write(std::stop_token stop, std::int64_t end) {
    const Work todo = work(end);
    const auto began = clock_.now();
    if (batch_.empty())
        filling_since_ = began;
    else
        observer_.on_filled(todo.partition_end, batch_.records().front().timestamp);
    Committed done;
    bool doubtful = false;
    const bool finished = retrying(stop, [&] {
        if (doubtful && committed_meanwhile(todo)) return;
        doubtful = true;
        done = sink_.commit(todo);
    });
    if (!finished) return;
    for (StatementProgress& each : progress_)
        if (each.next_offset == todo.begin) each.next_offset = todo.end;
    next_ = todo.end;
    written_at_ = clock_.now();
    const std::int64_t record_time = batch_.empty() ? 0 : batch_.records().back().timestamp;
    observer_.on_committed({next_, todo.partition_end, batch_.records().size(), record_time,
                            began - filling_since_, clock_.now() - began, done});
}

// After a failure: is the work stored all the same? Progress moves in the work's own transaction,
// so it knows.
bool Lane::committed_meanwhile(const Work& work) {
    const std::vector<StatementProgress> now = sink_.open();
    if (weakened("blind_retry")) return false;
    const auto at = [&](std::int64_t offset) {
        return std::all_of(work.statements.begin(), work.statements.end(), [&](int statement) {
            return std::any_of(now.begin(), now.end(), [&](const StatementProgress& each) {
                return each.statement == statement && each.next_offset == offset;
            });
        });
    };
    if (at(work.end)) return true;
    if (at(work.begin)) return false;
    throw Error(Error::Kind::fenced, "the progress of this partition was moved by somebody else");
}

}  // namespace tidewheel::engine
