#include "tidewheel/engine/lane_batch.hpp"

namespace tidewheel::engine {

LaneBatches::LaneBatches(const Schema& schema, MemoryBudget* memory, const Clock& clock)
    : pair_{LaneBatch(schema), LaneBatch(schema)}, clock_(clock) {
    if (memory) memory_.emplace(*memory);
}

// Asked for in steps, not for every record.
bool LaneBatches::may_grow() {
    constexpr std::size_t step = 256 * 1024;
    return !memory_ ||
           memory_->may_hold(((pair_[0].memory() + pair_[1].memory()) / step + 1) * step);
}

// What both keep is the lane's own. After a backlog batches are small, and need little of it.
bool LaneBatches::may_keep(LaneBatch& each, std::size_t bytes) const {
    if (4 * each.batch.footprint() >= bytes) each.needed_it = clock_.now();
    return clock_.now() - each.needed_it < keep_memory &&
           (!memory_ || memory_->is_its_own(2 * bytes));
}

void LaneBatches::empty(LaneBatch& each) {
    const std::size_t used = each.memory();
    if (may_keep(each, used)) {
        each.kept_bytes = used;
        each.batch.clear();
    } else {
        each.kept_bytes = 0;
        each.batch.release();
    }
    if (memory_) memory_->hold_only(pair_[0].memory() + pair_[1].memory());
}

void LaneBatches::clear() {
    for (LaneBatch& each : pair_)
        empty(each);
}

}  // namespace tidewheel::engine
