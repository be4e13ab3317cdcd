#pragma once
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::monitor {

// A sink, or what brings records into a stream, that somebody has paused.
struct PausedService {
    std::string name;   // as `tidewheel resume` takes it
    std::string since;  // in PostgreSQL's form
};

// Sinks first, each in the order of the names. Statements are in StatementLag. Throws DatabaseError.
std::vector<PausedService> read_paused(postgres::Connection& connection);

}  // namespace tidewheel::monitor
