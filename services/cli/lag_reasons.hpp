#pragma once
#include <string>
#include <vector>

#include "cli/lag.hpp"

// Why a statement is behind, or stands still: `tidewheel status --explain`.
namespace tidewheel::cli {

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

// What holds for each statement that is behind or not run; nothing for those that are current.
// Looks at PostgreSQL's own view of the owners' sessions, and tries every statement over no record.
std::vector<LagReason> reasons_of_lag(postgres::Connection& connection,
                                      const std::vector<Observed>& statements);

}  // namespace tidewheel::cli
