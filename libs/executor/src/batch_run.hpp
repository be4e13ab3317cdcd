#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/executor/batch_executor.hpp"
#include "trial.hpp"

namespace tidewheel::executor {

// One batch in its transaction: where it is run, and what it has led to so far.
struct BatchRun {
    BatchSession& session;
    const StreamPlan& plan;
    const engine::Batch& batch;
    const std::vector<int>& statements;
    Pace pace;
    Unjudged unjudged;
    const std::vector<catalogue::Waiting>& waiting;
    BatchResult& result;
    engine::RowNumbers accepted = {};  // by the stream's rules; at Pace::native

    void use_path(const std::string& search_path);
    bool is_refused(std::size_t row) const;  // by the stream's rules
    // Whether this row has been refused to the statement for a minute.
    bool is_old(int statement, std::size_t row) const;
    // Over no row at all: does PostgreSQL take it?
    void rehearse(const std::function<void()>& step);
    // For savepoints: remembers what the run has led to, and returns what goes back to it.
    std::function<void()> checkpoint();
    // With the record's topic, partition and offset first: a reader looks for them.
    std::string reason_at(std::size_t row, const postgres::DatabaseError& error) const;
    // A hint for when this row can't be judged; `names`: of the statements.
    std::string way_on(std::size_t row, const std::vector<std::string>& names) const;

    std::string path = plan.search_path();  // the search path in force
};

}  // namespace tidewheel::executor
