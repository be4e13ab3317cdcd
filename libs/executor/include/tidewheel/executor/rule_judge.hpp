#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "tidewheel/engine/program.hpp"

namespace tidewheel::executor {

// Judges the rows of a batch by the stream's CHECKs, without PostgreSQL. One thread.
class RuleJudge {
  public:
    // The checks are those that the engine computes of a schema's rows.
    RuleJudge(const engine::Schema& schema, const std::vector<engine::Expression>& checks);

    // Each throws Declined. Of all rows, or of these.
    void judge(const engine::Batch& batch);
    void judge(const engine::Batch& batch, engine::RowNumbers rows);
    // The rows that break a rule, in ascending order, each with the first of these: an index into the
    // checks.
    const std::vector<std::pair<std::size_t, std::size_t>>& broken() const { return broken_; }
    // The others.
    const std::vector<std::uint32_t>& accepted() const { return accepted_; }

  private:
    void judge_chunk(const engine::Batch& batch, engine::RowNumbers rows);

    engine::Program program_;
    std::size_t checks_;
    engine::Program::Scratch scratch_;
    std::vector<std::uint32_t> rows_, accepted_;
    std::vector<std::size_t> first_broken_;  // by row of a chunk
    std::vector<std::pair<std::size_t, std::size_t>> broken_;
};

}  // namespace tidewheel::executor
