#pragma once
#include <string>

#include "tidewheel/postgres/connection.hpp"

// Several databases may share the partitions of every topic. Each knows which are its own.
namespace tidewheel::catalogue {

struct Share {
    int number = 1, of = 1;

    bool has(int partition) const { return partition % of == number - 1; }
    int count(int partitions) const { return (partitions + of - number) / of; }  // that it has
    std::string text() const;                                                    // "share 2 of 3"
    // The prefix of the consumer groups: no two of the databases are in one group.
    std::string group(const std::string& prefix) const;
    bool operator==(const Share&) const = default;
};

bool has_statements(postgres::Connection& connection);

Share read_share(postgres::Connection& connection);
Share read_share(postgres::Transaction& transaction);

// Throws Error (setting) where statements have been applied under another share: they have read
// other partitions. Throws as require_current.
void require_possible(postgres::Connection& connection, const Share& share);
// From now on the share is this database's. Throws as require_possible.
void take_share(postgres::Transaction& transaction, const Share& share);

}  // namespace tidewheel::catalogue
