#pragma once
#include <map>
#include <set>
#include <string>

#include "statement_quarantine.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/runtime/lane_plans.hpp"

namespace tidewheel::runtime {

// Decides which statements of the catalogue the lanes run: all except those that are paused or in
// quarantine. One thread.
class Planner {
  public:
    Planner(executor::StatementKind kind, executor::Execution execution,
            StatementQuarantine& quarantine);

    // Reads the catalogue. Throws Error, as load_catalogue and plan_streams do.
    GroupPlans read(postgres::Connection& database);
    // Whether read() may give other plans now, though the catalogue is the same: other statements
    // would be in quarantine, or a table that rows go to has changed. Looks every five
    // seconds.
    bool is_outdated(postgres::Connection& database);

  private:
    bool quarantine_has_changed(postgres::Connection& database);
    executor::StreamPlans plan(postgres::Connection& database, catalogue::Catalogue catalogue,
                               executor::Execution execution);
    std::map<int, std::set<std::string>> topics_of(const catalogue::Catalogue& catalogue) const;

    executor::StatementKind kind_;
    executor::Execution execution_;
    StatementQuarantine& quarantine_;
    Clock::Monotonic tried_at_;  // what would be in it
    std::string names_;          // what the plans' names rest on: catalogue::resolution_stamp
    // The state of the tables that rows go to, by the query for it.
    std::map<std::string, std::string> tables_;
};

}  // namespace tidewheel::runtime
