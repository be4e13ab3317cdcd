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
// A command whose row is the backend that answers, and how many of the statements are under_claim().
postgres::Command count_under_claim(const LaneClaim& claim, const std::vector<int>& statements);

}  // namespace tidewheel::catalogue
