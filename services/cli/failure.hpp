#pragma once
#include <exception>
#include <iosfwd>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::cli {

// Prints what went wrong, for people ("tidewheel: what", "hint: …") or for programs ({"error": …}),
// and returns the exit status.
int report_failure(const std::exception& failure, bool json, std::ostream& err);
int exit_status_of(const std::exception& failure);
codec::Json failure_as_json(const std::exception& failure);

}  // namespace tidewheel::cli
