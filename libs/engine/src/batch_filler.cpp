#include "tidewheel/engine/batch_filler.hpp"

#include <algorithm>
#include <utility>

#include "tidewheel/engine/lane_retry.hpp"

namespace tidewheel::engine {

BatchFiller::BatchFiller(RecordSource& source, Decoder& decoder, LogGuard& guard,
                         LaneBatches& batches, FillLimits limits, const Clock& clock)
    : source_(source),
      decoder_(decoder),
      guard_(guard),
      batches_(batches),
      limits_(limits),
      clock_(clock),
      rows_(limits.first_rows == 0 ? limits.rows : std::min(limits.first_rows, limits.rows)) {}

// A record that is gone must not be followed by others in any batch, not even in one that grows.
BatchFiller::State BatchFiller::fill(std::stop_token stop, LaneBatch& to, int wait) {
    if (failed_) std::rethrow_exception(failed_);
    try {
        return add_slice(stop, to, wait);
    } catch (const Stuck&) {
        throw;
    } catch (...) {
        failed_ = std::current_exception();
        throw;
    }
}

BatchFiller::State BatchFiller::add_slice(std::stop_token stop, LaneBatch& to, int wait) {
    for (std::size_t i = 0; i < limits_.slice && !stop.stop_requested(); ++i) {
        if (is_full(to)) return State::closed;
        std::optional<Record> record = read(to, wait);
        if (!record) return to.closed ? State::closed : State::dry;
        if (!take(to, std::move(*record))) return State::closed;
        wait = 0;
    }
    return State::more;
}

std::optional<Record> BatchFiller::read(LaneBatch& to, int wait) {
    std::optional<Record> record;
    if (!held_.empty()) {
        record = std::move(held_.front());
        held_.pop_front();
        return record;
    }
    try {
        record = source_.next(wait);
    } catch (const Error&) {  // the source will say it again
        if (to.batch.empty()) throw Stuck{Stuck::Cause::unreadable, std::current_exception()};
        to.closed = true;
    }
    if (record) guard_.see(*record);
    return record;
}

// False: the batch ends before the record.
bool BatchFiller::take(LaneBatch& to, Record&& record) {
    if (record.offset < to.next()) return true;  // redelivered: in a batch already, or stored
    if (record.offset >= to.limit) {             // offsets may have gaps
        held_.push_front(std::move(record));
        to.closed = true;
        return false;
    }
    try {
        add(to, record);
        return true;
    } catch (const Error& error) {
        if (ends_the_lane(error)) throw;
        held_.push_front(std::move(record));
        if (to.batch.empty()) throw Stuck{Stuck::Cause::undecodable, std::current_exception()};
        to.closed = true;
        return false;
    }
}

void BatchFiller::decode_first(LaneBatch& to) {
    add(to, held_.front());
    held_.pop_front();
}

void BatchFiller::add(LaneBatch& to, Record& record) {
    if (to.batch.empty()) to.since = clock_.now();
    to.batch.add(std::move(record),
                 [this](const Record& each, Batch& batch) { return decoder_.decode(each, batch); });
}

bool BatchFiller::is_full(const LaneBatch& to) {
    if (to.closed) return true;
    if (to.batch.empty()) return false;
    return to.batch.records().size() >= rows_ || to.batch.bytes() >= limits_.bytes ||
           to.next() >= to.limit || !batches_.may_grow();
}

void BatchFiller::take_back(LaneBatch& from) {
    std::vector<Record> records = from.batch.take_records();
    for (auto each = records.rbegin(); each != records.rend(); ++each)
        held_.push_front(std::move(*each));
    batches_.empty(from);
}

std::int64_t BatchFiller::reached(const LaneBatch& batch) const {
    return held_.empty() ? batch.next() : std::min(batch.limit, held_.front().offset);
}

void BatchFiller::allow_more_rows() {
    rows_ = std::min(limits_.rows, 2 * rows_);
}

}  // namespace tidewheel::engine
