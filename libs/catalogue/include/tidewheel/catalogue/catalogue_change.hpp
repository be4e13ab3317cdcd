#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/catalogue/database.hpp"

// Changes of what the services run, made while they run.
namespace tidewheel::catalogue {

// A lock that was not granted in time, or a deadlock that was resolved against us: worth another
// try.
bool is_lock_failure(const postgres::DatabaseError& error);

// A change keeps others waiting: not for ever, even if it freezes (by Ctrl-Z, say) or waits itself.
void limit_waits(postgres::Transaction& transaction);

// The last step of every change of what runs; a test may have this process fail before or after it.
void commit_change(postgres::Transaction& transaction);

// Repeats `attempt` as long as something is locked, for up to half a minute. Ends a frozen holder
// of the catalogue's lock; the error names the holder.
void despite_locks(const Database& database, const std::function<void()>& attempt);

// Runs `change` in a transaction, with the catalogue locked, and commits it. Repeats it when
// something was locked, for up to half a minute. Throws Error (unavailable) after that.
void change_what_runs(
    const Database& database,
    const std::function<void(postgres::Transaction&, const CatalogueRows& catalogue_rows)>& change);

// Services read the catalogue again, and no batch of these statements that is under way commits
// after this transaction. Call it before any other change: others lock in this order, too.
void fence_off(postgres::Transaction& transaction,
               const std::vector<const AppliedStatement*>& statements);

// Each once, in the order of the names. Throws Error (setting) for an unknown name.
std::vector<const AppliedStatement*> find_statements(const CatalogueRows& catalogue_rows,
                                                     const std::vector<std::string>& names);

}  // namespace tidewheel::catalogue
