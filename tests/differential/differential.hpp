#pragma once
#include <optional>
#include <vector>

#include "differential/comparison.hpp"

namespace tidewheel::testing {

// Cases by seed: rows, and an expression or a grouping over them, in the engine and in PostgreSQL.
class Differential {
  public:
    // What the engine and PostgreSQL disagree about in this case.
    std::vector<Difference> run(unsigned seed);
    // Of all cases so far.
    const Comparison::Counts& counts() const { return counts_; }

  private:
    std::optional<Both> both_;
    int cases_ = 0;
    Comparison::Counts counts_;
};

}  // namespace tidewheel::testing
