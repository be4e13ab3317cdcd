#pragma once
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tidewheel/engine/grouping.hpp"
#include "tidewheel/executor/statement_executor.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::executor {

// Views that share a pass over the batch, all with native forms: grouped here, merged into their
// states by one command a view, in one round trip.
class NativeViews final : public StatementExecutor {
  public:
    NativeViews(const StreamPlan& plan, const StreamPlan::ViewPass& pass);

    std::vector<const catalogue::StoredStatement*> statements() const override;
    std::vector<bool> needs() const override;
    bool uses_stage() const override { return false; }
    std::vector<std::size_t> run(BatchSession& session, const BatchRange& range) override;
    void rehearse(BatchSession& session) override;

  private:
    enum class Merge { groups, nothing };
    std::vector<std::size_t> merge(BatchSession& session, Merge what) const;
    void send(BatchSession& session, std::span<const std::string_view> arrays,
              const std::vector<std::size_t>& views, std::vector<std::size_t>& rows) const;

    std::size_t columns_;  // of the stream
    std::vector<const StreamPlan::ViewTask*> views_;
    engine::GroupProgram program_;
    std::shared_ptr<engine::GroupProgram::Scratch> scratch_;
};

}  // namespace tidewheel::executor
