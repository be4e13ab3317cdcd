#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/program.hpp"

namespace tidewheel::engine {

// Which kinds of keys it takes; texts are the same only if their bytes are.
bool can_group_by(Kind kind);

// Finds the group of a row by its keys: a hash table with open addressing. The groups' keys are
// kept in columns, a row a group, as the first row of each has them.
class GroupIndex {
  public:
    void clear();
    // groups[row]: the group of each row; `columns` and `size` grow by the new ones. The columns
    // after the keys grow, too. false: it can't be told which keys are equal.
    bool find(std::span<const Values> keys, std::size_t rows, std::vector<Vector>& columns,
              std::size_t& size, std::uint32_t* groups);

  private:
    void grow(std::vector<Vector>& columns, std::size_t size);

    std::vector<std::uint32_t> slots_;   // a group's number + 1; 0: free
    std::vector<std::uint64_t> hashes_;  // by group
    std::vector<std::uint64_t> row_hashes_;
    std::size_t capacity_ = 0;  // of the columns
};

}  // namespace tidewheel::engine
