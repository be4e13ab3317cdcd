#pragma once
#include <string>

#include "tidewheel/apply/deployment.hpp"

// What plan and apply call a statement, and what they do with it.
namespace tidewheel::cli {

std::string kind_of(const sql::Statement& statement);  // stream, rows, view, CREATE TABLE…
// For people: "view sales_hourly", "CREATE TABLE discounted_events".
std::string title(const sql::Statement& statement);
std::string outcome(apply::ChangeKind kind, bool to_come);  // "created", or "to be created"

}  // namespace tidewheel::cli
