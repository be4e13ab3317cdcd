#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/engine/program.hpp"

namespace tidewheel::engine {

// WHERE over the rows of a batch. Declines like Program.
class RowFilter {
  public:
    // Without a condition it takes every row.
    static std::variant<RowFilter, Unsupported> compile(const Schema& schema,
                                                        const std::optional<Expression>& where);
    // What a run needs besides; one a thread.
    class Scratch {
      public:
        explicit Scratch(const RowFilter& filter);
        void release();  // the memory: what was selected is not in it

      private:
        friend class RowFilter;
        std::optional<Program::Scratch> where_;
    };

    // Appends those of the rows, at most Program::most_rows, for which the condition is true.
    // false: declined.
    bool select(const Batch& batch, RowNumbers rows, Scratch& scratch,
                std::vector<std::uint32_t>& selected) const;

  private:
    std::optional<Program> where_;
};

// Calls `action` with one chunk of the rows after the other, at most Program::most_rows each, until
// it returns false. Returns what it returned last.
template <class Action>
bool in_chunks(RowNumbers rows, Action&& action) {
    while (!rows.empty()) {
        const RowNumbers chunk = rows.first(std::min(rows.size(), Program::most_rows));
        if (!action(chunk)) return false;
        rows = rows.subspan(chunk.size());
    }
    return true;
}

}  // namespace tidewheel::engine
