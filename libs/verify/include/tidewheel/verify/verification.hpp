#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/core/progress_sink.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/verify/relation_comparison.hpp"

namespace tidewheel::verify {

// The result for one stored relation (a view, or a table with all statements that insert into it).
struct Verified {
    std::vector<std::string> statements;
    std::string stored;
    Difference difference;
    bool compared = true;  // false: a sink, whose rows are gone once they are delivered
    // What else is wrong: a record that PostgreSQL judges differently, history that is gone.
    std::vector<std::string> problems;
    std::vector<std::string> notes;  // worth knowing, but no problem

    bool equal(bool ignore_unexpected) const {
        return problems.empty() && difference.missing == 0 &&
               (ignore_unexpected || difference.unexpected == 0);
    }
};

// Verifies the statements of these names (none: all), and the others that insert into the same
// tables. Throws Error: setting for an unknown name; refused for a search path that isn't safe.
std::vector<Verified> verify(const catalogue::Database& database,
                             const kafka::ClientSettings& kafka,
                             const std::vector<std::string>& names, ProgressSink& progress);

}  // namespace tidewheel::verify
