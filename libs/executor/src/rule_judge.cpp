#include "tidewheel/executor/rule_judge.hpp"

#include <algorithm>
#include <numeric>

#include "tidewheel/engine/row_filter.hpp"
#include "tidewheel/executor/statement_executor.hpp"

namespace tidewheel::executor {
RuleJudge::RuleJudge(const engine::Schema& schema, const std::vector<engine::Expression>& checks)
    : program_(std::get<engine::Program>(engine::Program::compile(schema, checks))),
      checks_(checks.size()),
      scratch_(program_) {}

void RuleJudge::judge(const engine::Batch& batch) {
    rows_.resize(batch.rows());
    std::iota(rows_.begin(), rows_.end(), 0u);
    judge(batch, rows_);
}

void RuleJudge::judge(const engine::Batch& batch, engine::RowNumbers rows) {
    broken_.clear();
    accepted_.clear();
    engine::in_chunks(rows, [&](engine::RowNumbers chunk) {
        judge_chunk(batch, chunk);
        return true;
    });
    scratch_.release();
}

// NULL passes, as in PostgreSQL.
void RuleJudge::judge_chunk(const engine::Batch& batch, engine::RowNumbers rows) {
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
