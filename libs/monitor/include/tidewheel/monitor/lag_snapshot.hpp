#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/monitor/lag.hpp"
#include "tidewheel/monitor/strangers.hpp"

namespace tidewheel::monitor {

// What PostgreSQL knows of a lane's owner, and of the session that applies a batch for it.
struct OwnerActivity {
    bool alive = false;              // the owner's service is connected
    std::string name;                // the last one, alive or not; empty: never claimed
    std::string state, wait;         // as pg_stat_activity has them; empty: between two batches
    std::string query;               // the last one
    double state_age = 0;            // seconds
    std::string blocker;             // the holder of the lock that it waits for; empty: none
    std::optional<double> seen_age;  // seconds since the owner last wrote the progress
};

// All that a diagnosis needs to know.
struct LagSnapshot {
    std::vector<Observed> statements;
    Strangers strangers;
    std::vector<catalogue::Rivalry> rivalries;
    std::map<std::pair<int, int>, OwnerActivity> activities;  // by statement and partition
    std::map<int, std::string> paused_since;                  // by statement: those that are
    // By name: why PostgreSQL refuses to run it, which the services find out as well. Not known
    // while something else is locked: that shows in the owners' activity. Nor for a role that may
    // not try.
    std::map<std::string, executor::QuarantinedStatement> quarantined;
    bool is_read_only = false;  // PostgreSQL accepts no writes
};

// Asks PostgreSQL for what it knows of the owners' sessions, and tries every statement over no
// record. `statements` and `strangers` have been read before.
LagSnapshot read_snapshot(postgres::Connection& connection, std::vector<Observed> statements,
                          Strangers strangers);

}  // namespace tidewheel::monitor
