#include "native_rules.hpp"

#include <algorithm>
#include <numeric>

#include "tidewheel/engine/row_filter.hpp"
#include "tidewheel/executor/statement_executor.hpp"

namespace tidewheel::executor {
namespace {

engine::Program compile(const StreamPlan& plan) {
    return std::get<engine::Program>(
        engine::Program::compile(plan.schema, *plan.native_rules.checks));
}

}  // namespace

RuleJudge::RuleJudge(const StreamPlan& plan)
    : program_(compile(plan)), checks_(plan.native_rules.checks->size()), scratch_(program_) {}

void RuleJudge::judge(const engine::Batch& batch) {
    broken_.clear();
    accepted_.clear();
    rows_.resize(batch.rows());
    std::iota(rows_.begin(), rows_.end(), 0u);
    engine::in_chunks(rows_, [&](engine::RowNumbers chunk) {
        judge(batch, chunk);
        return true;
    });
    scratch_.release();
}

// NULL passes, as in PostgreSQL.
void RuleJudge::judge(const engine::Batch& batch, engine::RowNumbers rows) {
    scratch_.forget();
    scratch_.restart(program_);
    first_broken_.assign(rows.size(), checks_);
    for (std::size_t check = 0; check < checks_; ++check) {
        engine::Values holds;
        if (!program_.run(check, batch, rows, scratch_, holds)) throw Declined();
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (!holds.is_null(i) && !holds.as<std::uint8_t>()[i])
                first_broken_[i] = std::min(first_broken_[i], check);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (first_broken_[i] == checks_)
            accepted_.push_back(rows[i]);
        else
            broken_.emplace_back(rows[i], first_broken_[i]);
    }
}

}  // namespace tidewheel::executor
