#pragma once

namespace tidewheel::postgres {

// The key of an advisory lock: exclusive for whoever changes the catalogue, one at a time; shared
// for a transaction that must see it stay as it is.
inline constexpr const char* catalogue_lock = "hashtextextended('tidewheel catalogue', 0)";

}  // namespace tidewheel::postgres
