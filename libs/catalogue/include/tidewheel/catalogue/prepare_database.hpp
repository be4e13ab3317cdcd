#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/database.hpp"

namespace tidewheel::catalogue {

struct InitOptions {
    // The role that will apply pipelines; empty: the current one.
    std::string owner;
    std::vector<std::string> services, readers;  // roles that may do less
    bool take_over = false;  // the catalogue of another database becomes this one's
};

struct InitStep {
    std::string what;
    std::string outcome;  // created, unchanged, granted, migrated, taken over, not possible
    std::string note;
};

// Prepares a database: the foreign-data wrapper, server kafka, and the catalogue, which it creates
// or migrates. One transaction; may be repeated. Throws Error.
std::vector<InitStep> prepare_database(const Database& database, const InitOptions& options);

}  // namespace tidewheel::catalogue
