#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/relation_name.hpp"

// What a stream with the option changes_of has in its database: a publication, which `apply` makes,
// and a replication slot, which the service makes. `drop` removes both.
namespace tidewheel::catalogue {

// tidewheel_STREAM, with the schema where it is not public: known before the stream is applied, so
// that the owner of the table can make it. Cut to 63 bytes.
std::string publication_of(const sql::RelationName& stream);
// tidewheel_DATABASE_STREAM, in numbers: slots are the cluster's, and their names have no capitals.
std::string slot_of(postgres::Connection& connection, int stream);

struct SlotState {
    std::optional<int> used_by;  // the backend
    bool is_lost = false;        // PostgreSQL has removed WAL that it needed
    std::int64_t behind = 0;     // bytes of WAL since the position that was confirmed
};
std::optional<SlotState> find_slot(postgres::Connection& connection, const std::string& slot);

// The key, as SQL, of the advisory lock that the service which sends the stream's changes holds.
// `stream`: its id, SQL.
std::string feed_lock(const std::string& stream);

// What the server keeps for a stream, whether a service sends its changes or not.
struct HeldWal {
    sql::RelationName stream;
    std::int64_t bytes = 0;
    bool is_owned = false;  // a service has the stream
};
// Of the streams that have a slot.
std::vector<HeldWal> held_wal(postgres::Connection& connection);

// Ends whoever reads from it; then drops it, if it exists. Throws Error (unavailable) when somebody
// keeps reading for five seconds.
void drop_slot(postgres::Connection& connection, const std::string& slot);

}  // namespace tidewheel::catalogue
