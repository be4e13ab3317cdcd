#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/sources.hpp"
#include "tidewheel/monitor/deliveries.hpp"
#include "tidewheel/monitor/lag.hpp"
#include "tidewheel/monitor/lag_diagnosis.hpp"
#include "tidewheel/monitor/paused.hpp"

namespace tidewheel::cli {

struct Context;

// What `tidewheel status` shows: a table of the statements, one of their partitions when asked for,
// and the reasons when there are any to give (nullptr: not asked for). `dropped`: what was dropped
// with SQL, a sentence each. `sources`: a table, where there are any. With --json, one document.
void print_status(Context& context, const std::vector<monitor::Observed>& all, bool partitions,
                  const std::vector<monitor::LagReason>* reasons,
                  const std::vector<std::string>& dropped,
                  const std::vector<catalogue::SourceStatus>& sources,
                  const std::vector<monitor::DeliveryStatus>& deliveries,
                  const std::vector<monitor::PausedService>& paused);

}  // namespace tidewheel::cli
