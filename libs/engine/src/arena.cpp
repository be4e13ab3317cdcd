#include <algorithm>

#include "tidewheel/engine/batch.hpp"

namespace tidewheel::engine {

static constexpr std::size_t block_size = 256 * 1024;

char* Arena::allocate(std::size_t bytes) {
    while (current_ < blocks_.size() && blocks_[current_].size - position_ < bytes) {
        ++current_;
        position_ = 0;
    }
    if (current_ == blocks_.size()) {
        const std::size_t size = std::max(bytes, block_size);
        blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    }
    char* start = blocks_[current_].data.get() + position_;
    position_ += bytes;
    used_ += bytes;
    return start;
}

std::string_view Arena::copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    char* start = allocate(bytes.size());
    std::memcpy(start, bytes.data(), bytes.size());
    return {start, bytes.size()};
}

// One record of many megabytes must not hold its memory for the rest of the process's life.
void Arena::clear() {
    std::erase_if(blocks_, [](const Block& block) { return block.size > block_size; });
    current_ = position_ = used_ = 0;
}

}  // namespace tidewheel::engine
