#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "tidewheel/engine/row_program.hpp"
#include "tidewheel/executor/statement_executor.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::executor {

// A continuous INSERT with a native form: its rows are selected and computed here. Many of them are
// stored by COPY, where the first row of each key counts: unless one of them is in the table
// already, this is what INSERT … ON CONFLICT DO NOTHING does. The INSERT itself, over arrays, takes
// few rows, and for a while those after a COPY that met a key which was there.
class NativeRows final : public StatementExecutor {
  public:
    NativeRows(const StreamPlan& plan, const StreamPlan::RowTask& task);

    std::vector<const catalogue::StoredStatement*> statements() const override {
        return {&task_.statement};
    }
    std::vector<bool> needs() const override;
    bool uses_stage() const override { return false; }
    std::vector<std::size_t> run(BatchSession& session, const BatchRange& range) override;
    void rehearse(BatchSession& session) override;

  private:
    std::size_t copy(BatchSession& session, const engine::SelectedRows& rows,
                     const engine::Batch& batch);
    std::size_t send(BatchSession& session, const engine::SelectedRows& rows,
                     const engine::Batch& batch) const;

    std::size_t columns_;  // of the stream
    const StreamPlan::RowTask& task_;
    bool keeps_places_;
    engine::RowProgram program_;
    std::shared_ptr<engine::RowProgram::Scratch> scratch_;
    int inserted_ = 0, to_insert_ = 0;  // batches since a COPY met a key that was there
};

}  // namespace tidewheel::executor
