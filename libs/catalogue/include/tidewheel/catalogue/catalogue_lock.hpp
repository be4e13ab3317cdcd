#pragma once

namespace tidewheel::catalogue {

// The key of an advisory lock: exclusive for a transaction that changes the catalogue; shared for
// one during which it must not change.
inline constexpr const char* catalogue_lock = "hashtextextended('tidewheel catalogue', 0)";

// The key of another: exclusive for a transaction that raises the catalogue's version, until its
// commit; shared for a claim, which so waits for the change or makes it wait. A lock of the row
// itself would require the right to update it.
inline constexpr const char* version_lock = "hashtextextended('tidewheel catalogue version', 0)";

}  // namespace tidewheel::catalogue
