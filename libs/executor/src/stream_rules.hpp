#pragma once
#include <cstddef>
#include <functional>
#include <string>

#include "batch_run.hpp"
#include "tidewheel/executor/rule_judge.hpp"

namespace tidewheel::executor {

// The steps of a run that come before all statements: the batch is staged, and the rows that break
// a rule of the stream are taken out.
class StreamRules {
  public:
    // staged: the columns that are sent. copy: stage_copy() of them. All must outlive it.
    StreamRules(BatchRun& run, const std::vector<bool>& staged, const std::string& copy)
        : run_(run), staged_(staged), copy_(copy) {}

    void stage();
    void validate();
    // Both without PostgreSQL: the rows that broke a rule are refused, and the others staged.
    void judge(RuleJudge& judge);
    void stage(engine::RowNumbers rows);

  private:
    void send(std::size_t first, std::size_t last);
    template <class RowAt>
    void send(std::size_t rows, RowAt&& row_at);
    void find_refused();
    std::string unreadable(std::size_t row);
    void refuse(std::size_t row, engine::Reject reject);
    void refuse_by(std::size_t row, std::size_t check);
    void drop_refused();
    void run_carefully(const std::function<void(std::size_t first, std::size_t last)>& run,
                       const std::function<void()>& rehearse,
                       const std::function<std::string(std::size_t row)>& column_of);
    bool has_values_of(std::size_t row, std::size_t other) const;

    BatchRun& run_;
    const std::vector<bool>& staged_;
    const std::string& copy_;
};

}  // namespace tidewheel::executor
