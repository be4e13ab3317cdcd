#pragma once
#include <chrono>
#include <string>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

// How long a transaction may wait for a lock, and others for a transaction that does nothing.
namespace tidewheel::postgres {

// From here on, what waits longer than `lock` for one lock throws DatabaseError (is_lock_timeout).
inline void limit_waits(Transaction& transaction, std::chrono::seconds lock) {
    transaction.run("SET LOCAL lock_timeout = '" + std::to_string(lock.count()) + "s'");
}
// And PostgreSQL ends the session when it is idle in the transaction for longer than `idle`: a
// client that freezes must not keep what it has locked.
inline void limit_waits(Transaction& transaction, std::chrono::seconds lock,
                        std::chrono::seconds idle) {
    transaction.run("SET LOCAL lock_timeout = '" + std::to_string(lock.count()) +
                    "s'; SET LOCAL idle_in_transaction_session_timeout = '" +
                    std::to_string(idle.count()) + "s'");
}

inline bool is_lock_timeout(const DatabaseError& error) {
    return error.sqlstate() == sqlstate::lock_not_available;
}

}  // namespace tidewheel::postgres
