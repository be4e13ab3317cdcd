#pragma once
#include <string>
#include <vector>

#include "tidewheel/monitor/lag_snapshot.hpp"

// Why a statement is behind or does not progress: `tidewheel status --explain`.
namespace tidewheel::monitor {

// What keeps one statement, in some of its partitions, from being current.
struct LagReason {
    int statement = 0;
    std::vector<int> partitions;  // none: all of them
    std::string code;             // for programs: "no_owner"; docs/how-to/lag.md lists them
    std::string what, hint;       // the hint may be empty

    bool says_as(const LagReason& other) const {
        return statement == other.statement && code == other.code && what == other.what;
    }
};

// For a partition in which the statement waits at a record: what it waits for, and what to do.
std::string words_of_refusal(const PartitionLag& partition);
std::string way_past_refusal(const StatementLag& lag, const PartitionLag& partition);

// What holds for each statement that is behind, isn't run or reads nothing; nothing for those that
// are current. Names other deployments, too, that are in the way of this one, even while nothing is
// behind. Pure.
std::vector<LagReason> diagnose(const LagSnapshot& snapshot);

}  // namespace tidewheel::monitor
