#include "tidewheel/engine/lane.hpp"

#include <algorithm>
#include <future>
#include <limits>
#include <utility>

#include "commit_outcome.hpp"
#include "tidewheel/core/weakened.hpp"

namespace tidewheel::engine {
namespace {

using State = BatchFiller::State;
using std::chrono::milliseconds;

constexpr int idle_wait = 100;  // milliseconds: how soon an idle lane notices a stop
// How long a lane waits for its commit until it looks again: whether more has arrived; or, with a
// full batch, for nothing else.
constexpr milliseconds next_look{5}, long_wait{1000};
constexpr milliseconds longest_rest{20};  // after a slow commit

}  // namespace

Lane::Lane(RecordSource& source, Decoder& decoder, BatchSink& sink, CommitRunner& runner,
           const Schema& schema, LaneObserver& observer, LaneLimits limits, const Clock& clock)
    : source_(source),
      sink_(sink),
      runner_(runner),
      observer_(observer),
      limits_(limits),
      clock_(clock),
      retry_(observer, limits.retry_longest, clock),
      guard_(source, observer, progress_,
             {.longest = limits.retry_longest, .give_up_after = limits.confirm_truncation}, clock),
      batches_(schema, limits.memory, clock),
      filler_(source, decoder, guard_, batches_,
              {limits.first_rows, limits.rows, limits.bytes, limits.slice}, clock) {}

// What stops statements is recorded in the database before the lane ends.
void Lane::run(std::stop_token stop) {
    const struct Leaving {
        Lane& lane;
        ~Leaving() {
            lane.wait_for_commit();
            lane.forget();
        }
    } leaving{*this};
    try {
        serve(stop);
    } catch (const MissingData& missing) {
        forget();
        bool again = false;
        retry_.until_done(stop, [&] {
            if (std::exchange(again, true)) sink_.open();
            sink_.stop(missing);
        });
        throw;
    }
}

// However it ends: what is under way is finished, and what it came to is taken note of.
void Lane::serve(std::stop_token stop) {
    open(stop);
    try {
        while (!stop.stop_requested())
            step(stop);
    } catch (const Error&) {
        settle(stop);
        throw;
    }
    settle(stop);
}

void Lane::step(std::stop_token stop) {
    if (in_flight_ && runner_.is_done()) return settle(stop);
    const State state = fill(stop, 0);
    if (state == State::more || stop.stop_requested()) return;
    if (in_flight_) {
        runner_.wait(state == State::closed ? long_wait : next_look);
        return;
    }
    if (state == State::dry && batches_.filling().batch.empty()) {
        if (fill(stop, idle_wait) == State::dry && !stop.stop_requested()) rest(stop);
        return;
    }
    const int spacing = state == State::closed ? 0 : spacing_left();
    if (spacing > 0)
        fill(stop, spacing);
    else
        start(filler_.reached(batches_.filling()));
}

State Lane::fill(std::stop_token stop, int wait) {
    try {
        return filler_.fill(stop, batches_.filling(), wait);
    } catch (const BatchFiller::Stuck& stuck) {
        // All that came before is stored first.
        if (in_flight_)
            settle(stop);
        else
            help(stop, stuck);
        return State::more;
    }
}

void Lane::help(std::stop_token stop, const BatchFiller::Stuck& stuck) {
    std::exception_ptr why = stuck.why;
    if (stuck.cause == BatchFiller::Stuck::Cause::undecodable) {
        retry_.until_done(stop, [&] {
            if (why) std::rethrow_exception(std::exchange(why, nullptr));
            filler_.decode_first(batches_.filling());
        });
        return;
    }
    try {
        std::rethrow_exception(why);
    } catch (const MissingData&) {
        guard_.judge_out_of_range(stop);
    }
}

// Milliseconds until the next commit may begin. A lane leaves PostgreSQL alone for as long as its
// last commit took: so small batches never take up more than half of a session.
int Lane::spacing_left() const {
    if (limits_.linger.count() == 0 || !commit_ || !written_at_) return 0;
    const auto rest =
        std::min<Clock::Monotonic::duration>(*written_at_ - commit_->began, longest_rest);
    const auto due = std::max(commit_->began + limits_.linger, *written_at_ + rest);
    return static_cast<int>(std::chrono::ceil<milliseconds>(due - clock_.now()).count());
}

std::size_t Lane::next_rows(bool was_abandoned) const {
    return was_abandoned && unfinished_ > 0 ? std::max<std::size_t>(1, unfinished_ / 2)
                                            : filler_.rows();
}

void Lane::open(std::stop_token stop) {
    if (!retry_.until_done(stop, [&] { progress_ = sink_.open(); })) return;
    const auto lowest = std::min_element(
        progress_.begin(), progress_.end(),
        [](const auto& a, const auto& b) { return a.next_offset < b.next_offset; });
    next_ = lowest == progress_.end() ? 0 : lowest->next_offset;
    observer_.on_opened(next_);
    guard_.begin();
    begin_batch(next_);
}

// The offset may be the end of a batch that isn't stored yet. Statements that it moves there set no
// limit, before or after.
void Lane::begin_batch(std::int64_t offset) {
    LaneBatch& batch = batches_.filling();
    batch.begin = offset;
    batch.closed = false;
    batch.limit = std::numeric_limits<std::int64_t>::max();
    for (const StatementProgress& each : progress_)
        // What a statement waits at comes first in a batch, so that all before it is stored.
        for (const std::int64_t other : {each.next_offset, each.waits_at})
            if (other > offset) batch.limit = std::min(batch.limit, other);
}

// Nothing to do. Now and then that is recorded as a heartbeat: the progress must tell a silent
// partition from a lane that is gone. Transaction markers, which are no records, are passed over on
// the way.
void Lane::rest(std::stop_token stop) {
    const std::int64_t end = source_.end_offset();
    guard_.look();
    // Read from the fingerprint's record on, a log may end before the next offset without being out
    // of range.
    if (end >= 0 && end < next_ && source_.position() >= end && !guard_.require_range(stop)) return;
    const bool at_end = end >= next_ && source_.position() >= end;
    if (at_end) guard_.pass(end);
    const bool due = !written_at_ || clock_.now() - *written_at_ >= limits_.heartbeat;
    if (at_end && (end > next_ || due))
        start(std::min(batches_.filling().limit, end));
    else
        observer_.on_idle(end);
}

CommitRequest Lane::request(const LaneBatch& batch, std::int64_t end) const {
    return {batch.batch, batch.begin, end, source_.end_offset(), at_next(), [] {}};
}

// The statements whose turn it is.
std::vector<int> Lane::at_next() const {
    std::vector<int> statements;
    for (const StatementProgress& each : progress_)
        if (each.next_offset == next_) statements.push_back(each.statement);
    return statements;
}

// Begins to store the batch that was filled, up to this offset. Nothing is being stored.
void Lane::start(std::int64_t end) {
    const LaneBatch& batch = batches_.filling();
    const CommitRequest work = request(batch, end);
    guard_.require_growth(work.partition_end);
    const auto began = clock_.now();
    const bool is_empty = batch.batch.empty();
    if (!is_empty) observer_.on_filled(work.partition_end, batch.batch.records().front().timestamp);
    commit_.emplace(
        Commit{work, began, is_empty ? std::chrono::nanoseconds(0) : began - batch.since});
    // Asked once, by the thread that needs the answer first: Kafka answers while PostgreSQL works.
    const auto same_log = std::async(std::launch::deferred, [&] {
                              if (!is_empty) require_same_log();
                          }).share();
    commit_->request.confirm = [same_log] { same_log.get(); };
    unfinished_ = batch.batch.records().size();
    in_flight_ = true;
    runner_.start([this, &commit = *commit_] {
        try {
            commit.done = sink_.commit(commit.request);
        } catch (...) {
            commit.failure = std::current_exception();
        }
    });
    same_log.wait();
    batches_.swap();
    begin_batch(end);
}

void Lane::wait_for_commit() {
    while (!runner_.wait(long_wait)) {
    }
}

// Waits for the commit under way, and repeats it for as long as it fails. The next batch waits.
void Lane::settle(std::stop_token stop) {
    if (!in_flight_) return;
    wait_for_commit();
    in_flight_ = false;
    const std::exception_ptr failure = commit_->failure;
    bool doubtful = true, again = false;
    const bool finished = retry_.until_done(stop, [&] {
        try {
            if (std::exchange(again, true))
                repeat(doubtful);
            else if (failure && !weakened("keep_next_batch"))
                std::rethrow_exception(failure);
        } catch (const UnjudgedRecord&) {
            doubtful = false;  // nothing is stored, so the batch may grow
            grow(stop);
            throw;
        }
    });
    if (finished) stored();
}

void Lane::repeat(bool& doubtful) {
    if (doubtful && was_stored(sink_, commit_->request)) return;
    if (!commit_->request.batch.empty()) require_same_log();
    commit_->request.confirm = [] {};
    doubtful = true;
    commit_->done = sink_.commit(commit_->request);
}

void Lane::stored() {
    const auto& [work, began, filling, done, failure] = *commit_;
    unfinished_ = 0;
    if (!work.batch.empty()) filler_.allow_more_rows();
    for (StatementProgress& each : progress_)
        if (each.next_offset == work.begin) each.next_offset = work.end;
    next_ = work.end;
    written_at_ = clock_.now();
    const std::int64_t record_time = work.batch.empty() ? 0 : work.batch.records().back().timestamp;
    observer_.on_committed({next_, work.partition_end, work.batch.records().size(), record_time,
                            filling, *written_at_ - began, done, work});
    batches_.empty(batches_.stored());
    if (batches_.filling().batch.empty()) begin_batch(next_);
}

// What has been read of another log is not applied, and the next claim checks it.
void Lane::require_same_log() {
    bool is_same = false;
    try {
        is_same = guard_.is_same();
    } catch (const Error& error) {
        if (error.retryable()) throw;
        throw LaneRetry::Ends{std::current_exception()};
    }
    if (!is_same) throw LaneRetry::Ends{std::make_exception_ptr(guard_.lost())};
}

// With what the next batch holds already, and with what has arrived meanwhile. Records that can't
// be taken are read again by another lane.
void Lane::grow(std::stop_token stop) {
    LaneBatch& batch = batches_.stored();
    try {
        filler_.take_back(batches_.filling());
        batch.closed = false;
        while (filler_.fill(stop, batch, 0) == State::more && !stop.stop_requested()) {
        }
        commit_.emplace(
            Commit{request(batch, filler_.reached(batch)), commit_->began, commit_->filling});
    } catch (...) {
        throw LaneRetry::Ends{std::current_exception()};
    }
}

}  // namespace tidewheel::engine
