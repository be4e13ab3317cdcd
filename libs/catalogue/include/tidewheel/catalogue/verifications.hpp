#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

// What `tidewheel verify` found last: nothing else writes tidewheel.verifications (lint). Every
// function throws DatabaseError.
namespace tidewheel::catalogue {

struct Finding {
    std::vector<std::string> statements;  // names
    std::string verdict;                  // equal, different or unchecked
    bool is_part = false;                 // only a part of the records was looked at
    std::int64_t missing = 0, unexpected = 0, unjudged = 0;  // rows
};

// In place of what was found of these statements before. Those that were dropped since are left out.
void note_findings(postgres::Connection& connection, const std::vector<Finding>& findings);

struct LastVerification {
    std::string statement, verdict, verified_at;
    double age = 0;  // seconds
    bool is_part = false;
};

// By statement's id; rebuilds under way aside.
std::map<int, LastVerification> last_verifications(postgres::Connection& connection);

}  // namespace tidewheel::catalogue
