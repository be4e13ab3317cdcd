#pragma once
#include <string>
#include <vector>

#include "replay.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/verify/verification.hpp"

namespace tidewheel::verify {

// Statements that share a target can only be verified together: their rows can't be told apart.
struct Unit {
    std::vector<const catalogue::StoredStatement*> statements;
    Expected expected;
    Verified result;
    bool lacks_records = false;  // that were applied: its rows can't be computed again
    std::string may_lack;        // why it may lack some, which can't be told
    bool is_part = false;        // records that were applied are not read
    bool is_compared = false;
};

// Those of the chosen statements, each with the others that have its target.
std::vector<Unit> units_of(const catalogue::Catalogue& catalogue, const std::vector<int>& chosen);

// Whether each record leads to the same rows whatever was stored before.
bool stand_alone(const Unit& unit);

void add_once(std::vector<std::string>& lines, const std::string& line);

}  // namespace tidewheel::verify
