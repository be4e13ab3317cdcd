#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tidewheel::engine {

// Memory for the bytes of one batch: grows in blocks, is emptied at once, keeps its blocks for the
// next batch (all but those that a single huge record asked for).
class Arena {
  public:
    // Not aligned: for characters.
    char* allocate(std::size_t bytes) {
        if (bytes > left_) open_block(bytes);
        char* const start = free_;
        free_ += bytes;
        left_ -= bytes;
        used_ += bytes;
        return start;
    }
    std::string_view copy(std::string_view bytes) {
        if (bytes.empty()) return {};
        char* const start = allocate(bytes.size());
        std::memcpy(start, bytes.data(), bytes.size());
        return {start, bytes.size()};
    }
    // For what may have to be taken back: all that was allocated after the mark.
    struct Mark {
        std::size_t next, left, used;
        char* free;
    };
    Mark mark() const { return {next_, left_, used_, free_}; }
    void back_to(const Mark& mark);
    void clear();
    void release();  // and gives the blocks back
    std::size_t used() const { return used_; }

  private:
    struct Block {
        std::unique_ptr<char[]> data;
        std::size_t size = 0;
    };
    void open_block(std::size_t bytes);
    void reset();

    std::vector<Block> blocks_;
    std::size_t next_ = 0;  // the block after the one that is being filled
    char* free_ = nullptr;  // in that one
    std::size_t left_ = 0;
    std::size_t used_ = 0;
};

}  // namespace tidewheel::engine
