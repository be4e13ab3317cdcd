#pragma once
#include <vector>

#include "cli/lag.hpp"
#include "cli/lag_reasons.hpp"

namespace tidewheel::cli {

struct Context;

// What `tidewheel status` shows: a table of the statements, one of their partitions when asked for,
// and the reasons when there are any to give (nullptr: not asked for). With --json, one document.
void print_status(Context& context, const std::vector<Observed>& all, bool partitions,
                  const std::vector<LagReason>* reasons);

}  // namespace tidewheel::cli
