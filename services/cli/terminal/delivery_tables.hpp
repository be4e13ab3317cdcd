#pragma once
#include <string>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/monitor/deliveries.hpp"

namespace tidewheel::cli {

// The subscribers of sinks, as `tidewheel status` shows them; empty: there are none.
std::string deliveries_table(const std::vector<monitor::DeliveryStatus>& all);
codec::Json deliveries_as_json(const std::vector<monitor::DeliveryStatus>& all);

}  // namespace tidewheel::cli
