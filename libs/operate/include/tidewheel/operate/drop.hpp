#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::operate {

// One thing to drop: what to say, and how it is done.
struct Removal {
    std::string name, what;
    std::vector<std::string> ddl;
    std::function<void(postgres::Transaction&)> forget;  // in the catalogue
    int view = 0;     // whose rebuild may have left a state table
    int changes = 0;  // the stream whose replication slot goes with it, after the commit
};

// What to drop: statements, streams or plain objects, by the names that were applied.
struct DropRequest {
    std::vector<std::string> names;
    bool cascade = false;  // a stream with the statements that read it
};

// What would be dropped. Throws Error: setting, for an unknown name; pipeline, for a stream that is
// read.
std::vector<Removal> find_removals(const catalogue::Database& database, const DropRequest& request);
// Drops, in one transaction, what a user has confirmed, or what is left of it. Throws Error
// (unavailable) where more would be dropped by now.
std::vector<Removal> drop(const catalogue::Database& database, const DropRequest& request,
                          const std::vector<Removal>& agreed);

}  // namespace tidewheel::operate
