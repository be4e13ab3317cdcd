#include "tidewheel/operate/old_state_cleanup.hpp"

#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/lock_holders.hpp"
#include "tidewheel/operate/shadow_view.hpp"
#include "tidewheel/postgres/sqlstate.hpp"
#include "tidewheel/postgres/wait_limits.hpp"

namespace tidewheel::operate {
namespace {

using postgres::Connection;
using postgres::DatabaseError;
using postgres::Transaction;

// For what can be done later as well.
void wait_little(Transaction& transaction) {
    postgres::limit_waits(transaction, std::chrono::seconds(1), std::chrono::seconds(10));
}

}  // namespace

bool LeftOver::retire(Connection& connection, int view) {
    try {
        Transaction transaction(connection);
        wait_little(transaction);
        retire_shadow(transaction, view);
        transaction.commit();
        return true;
    } catch (const DatabaseError& error) {
        if (!catalogue::is_lock_failure(error)) throw;
        notes_ = {"the old state is in use: " + std::string(error.what())};
        return false;
    }
}

bool LeftOver::drop(Connection& connection, int view) {
    std::vector<std::string> tables;
    {
        Transaction transaction(connection);
        tables = left_over_states(transaction, view);
    }
    notes_.clear();
    bool is_free = true;
    for (const std::string& table : tables)
        is_free = drop_table(connection, table) && is_free;
    return is_free;
}

// A user's view depends on it; waiting cannot help.
bool LeftOver::drop_table(Connection& connection, const std::string& table) {
    try {
        Transaction transaction(connection);
        wait_little(transaction);
        transaction.run("DROP TABLE IF EXISTS " + table);
        transaction.commit();
        return true;
    } catch (const DatabaseError& error) {
        const bool is_needed =
            error.sqlstate() == postgres::sqlstate::dependent_objects_still_exist;
        if (!is_needed && !catalogue::is_lock_failure(error)) throw;
        const std::string holder = catalogue::lock_holder(connection, table);
        notes_.push_back("the old state " + table +
                         (is_needed
                              ? " is kept: " + std::string(error.what())
                              : " is still being read" + (holder.empty() ? "" : " by " + holder)));
        return is_needed;
    }
}

}  // namespace tidewheel::operate
