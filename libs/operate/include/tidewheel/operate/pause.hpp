#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/database.hpp"

namespace tidewheel::operate {

struct Paused {
    std::string name;
    bool was_so;  // before
};

// Pauses statements, sinks, and what brings records into streams (ingress, source, changefeed), or
// resumes them. Once it has returned, no batch that was under way commits for the statements; the
// services of sinks and streams notice within a second. One transaction. Throws Error (setting) for
// an unknown name.
std::vector<Paused> set_paused(const catalogue::Database& database,
                               const std::vector<std::string>& names, bool paused);

}  // namespace tidewheel::operate
