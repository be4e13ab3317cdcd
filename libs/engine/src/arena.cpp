#include "tidewheel/engine/arena.hpp"

#include <algorithm>

namespace tidewheel::engine {

static constexpr std::size_t block_size = 256 * 1024;

// The next block with room for so many bytes. The end of the one before counts as used.
void Arena::open_block(std::size_t bytes) {
    used_ += left_;
    while (next_ < blocks_.size() && blocks_[next_].size < bytes)
        ++next_;
    if (next_ == blocks_.size()) {
        const std::size_t size = std::max(bytes, block_size);
        blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    }
    free_ = blocks_[next_].data.get();
    left_ = blocks_[next_].size;
    ++next_;
}

// One record of many megabytes must not hold its memory for the rest of the process's life.
void Arena::clear() {
    std::erase_if(blocks_, [](const Block& block) { return block.size > block_size; });
    reset();
}

void Arena::back_to(const Mark& mark) {
    next_ = mark.next;
    left_ = mark.left;
    used_ = mark.used;
    free_ = mark.free;
}

void Arena::release() {
    blocks_.clear();
    reset();
}

void Arena::reset() {
    next_ = left_ = used_ = 0;
    free_ = nullptr;
}

}  // namespace tidewheel::engine
