#pragma once
#include <cstddef>

namespace tidewheel::service {

// Lets the process open as many files as it may (RLIMIT_NOFILE), which by default is more than it
// begins with. Throws Error: setting when that is too few for a service with so many sessions, or
// warns when it may become so.
void allow_open_files(std::size_t sessions);

}  // namespace tidewheel::service
