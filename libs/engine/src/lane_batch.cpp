#include "tidewheel/engine/lane_batch.hpp"

namespace tidewheel::engine {

LaneBatches::LaneBatches(const Schema& schema, MemoryBudget* memory)
    : pair_{LaneBatch(schema), LaneBatch(schema)} {
    if (memory) memory_.emplace(*memory);
}

// Asked for in steps, not for every record.
bool LaneBatches::may_grow() {
    constexpr std::size_t step = 256 * 1024;
    return !memory_ ||
           memory_->may_hold(((pair_[0].memory() + pair_[1].memory()) / step + 1) * step);
}

// What both keep is the lane's own.
void LaneBatches::empty(LaneBatch& each) {
    const std::size_t used = each.memory();
    if (!memory_) return each.batch.clear();
    if (memory_->is_its_own(2 * used)) {
        each.kept_bytes = used;
        each.batch.clear();
    } else {
        each.kept_bytes = 0;
        each.batch.release();
    }
    memory_->hold_only(pair_[0].memory() + pair_[1].memory());
}

void LaneBatches::clear() {
    for (LaneBatch& each : pair_)
        empty(each);
}

}  // namespace tidewheel::engine
