#include "tidewheel/engine/memory_budget.hpp"

#include <algorithm>

namespace tidewheel::engine {

MemoryBudget::Share::Share(MemoryBudget& budget) : budget_(budget) {
    const std::lock_guard lock(budget_.mutex_);
    ++budget_.lanes_;
}

MemoryBudget::Share::~Share() {
    hold_only(0);
    const std::lock_guard lock(budget_.mutex_);
    --budget_.lanes_;
}

bool MemoryBudget::Share::may_hold(std::size_t bytes) {
    if (bytes <= held_) return true;
    const std::lock_guard lock(budget_.mutex_);
    const std::size_t own = budget_.half_ / budget_.lanes_;
    const std::size_t common = bytes - std::min(bytes, own);
    if (common > common_) {
        if (budget_.common_ + (common - common_) > budget_.half_) return false;
        budget_.common_ += common - common_;
        common_ = common;
    }
    held_ = bytes;
    return true;
}

bool MemoryBudget::Share::is_its_own(std::size_t bytes) const {
    const std::lock_guard lock(budget_.mutex_);
    return bytes <= budget_.half_ / budget_.lanes_;
}

void MemoryBudget::Share::hold_only(std::size_t bytes) {
    if (held_ <= bytes) return;
    const std::lock_guard lock(budget_.mutex_);
    const std::size_t own = budget_.half_ / budget_.lanes_;
    const std::size_t common = std::min(common_, bytes - std::min(bytes, own));
    budget_.common_ -= common_ - common;
    common_ = common;
    held_ = bytes;
}

}  // namespace tidewheel::engine
