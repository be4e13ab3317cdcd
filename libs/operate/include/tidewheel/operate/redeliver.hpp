#pragma once
#include <optional>
#include <string>

#include "tidewheel/catalogue/database.hpp"

namespace tidewheel::operate {

// The service tries the rows again that subscribers of the sink did not take; of this subscriber,
// or of all. Returns how many. Throws Error (setting) for an unknown sink.
std::size_t redeliver(const catalogue::Database& database, const std::string& sink,
                      const std::optional<std::string>& subscriber);

}  // namespace tidewheel::operate
