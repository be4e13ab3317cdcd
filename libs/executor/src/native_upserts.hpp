#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "tidewheel/engine/row_program.hpp"
#include "tidewheel/executor/statement_executor.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::executor {

// A continuous INSERT … ON CONFLICT DO UPDATE with a native form: its rows are selected, computed
// and put into rounds here, each round in the order of the keys. The INSERT itself, over arrays,
// applies a round; where only the last row of a key counts, that is one.
class NativeUpserts final : public StatementExecutor {
  public:
    NativeUpserts(const StreamPlan& plan, const StreamPlan::RowTask& task);

    std::vector<const catalogue::StoredStatement*> statements() const override {
        return {&task_.statement};
    }
    std::vector<bool> needs() const override { return std::vector<bool>(columns_, false); }
    bool uses_stage() const override { return false; }
    std::vector<std::size_t> run(BatchSession& session, const BatchRange& range) override;
    void rehearse(BatchSession& session) override { session.run(rehearsal_of(task_.script)); }

  private:
    std::size_t replace(BatchSession& session, const engine::SelectedRows& rows) const;
    std::size_t apply_rounds(BatchSession& session, const engine::SelectedRows& rows) const;

    std::size_t columns_;  // of the stream
    const StreamPlan::RowTask& task_;
    engine::RowProgram program_;
    std::shared_ptr<engine::RowProgram::Scratch> scratch_;
};

}  // namespace tidewheel::executor
