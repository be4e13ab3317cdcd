#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/postgres/session.hpp"

// Which rows of tidewheel.progress are a lane's.
namespace tidewheel::catalogue {

// SQL, a condition: the rows p of these statements in the lane's partition.
std::string of_lane(const LaneClaim& claim, const std::vector<int>& statements);
// The same, as long as nobody else has claimed them.
std::string under_claim(const LaneClaim& claim, const std::vector<int>& statements);

// The same, with the values as further parameters of the command that it is a part of.
std::string add_under_claim(postgres::Command& command, const LaneClaim& claim);
// A command that fails unless all of the statements are under_claim().
postgres::Command require_claim(const LaneClaim& claim, const std::vector<int>& statements);
// SQL, an expression over rows that are still the lane's: an error where these are not `count`, NULL
// otherwise.
std::string require_rows(const std::string& count);
bool says_not_ours(const postgres::DatabaseError& error);

}  // namespace tidewheel::catalogue
