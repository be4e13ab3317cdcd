#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/database.hpp"

namespace tidewheel::operate {

struct Paused {
    std::string statement;
    bool was_so;  // before
};

// Pauses statements, or resumes them. Once it has returned, no batch that was under way commits for
// them. One transaction. Throws Error (setting) for an unknown name.
std::vector<Paused> set_paused(const catalogue::Database& database,
                               const std::vector<std::string>& statements, bool paused);

}  // namespace tidewheel::operate
