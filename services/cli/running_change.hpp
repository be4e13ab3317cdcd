#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/ledger.hpp"

// Changes of what the services run, made while they run.
namespace tidewheel::cli {

struct Context;

// A lock that wasn't to be had, or a deadlock that was resolved against us: worth another try.
bool is_lock_trouble(const postgres::DatabaseError& error);

// A change keeps others waiting: not for ever, if it freezes (by Ctrl-Z, say) or waits itself.
void limit_waits(postgres::Transaction& transaction);

// The last step of every change of what runs; a test may have this process fail before or after it.
void commit_change(postgres::Transaction& transaction);

// Begins `attempt` again as long as something is locked, for up to half a minute. Ends who holds
// the catalogue and is frozen; names who holds it in the end.
void despite_locks(const Context& context, const std::function<void()>& attempt);

// Runs `change` in a transaction, with nobody else at the catalogue, and commits it. Begins again
// when something was locked, for up to half a minute. Throws Error (unavailable) after that.
void change_what_runs(
    const Context& context,
    const std::function<void(postgres::Transaction&, const Ledger& ledger)>& change);

// Services look again, and no batch of these statements that is under way commits after this
// transaction. Before anything else is changed, since others lock in that order, too.
void fence_off(postgres::Transaction& transaction,
               const std::vector<const AppliedStatement*>& statements);

// Each once, in the order of the names. Throws Error (setting) for a name that none bears.
std::vector<const AppliedStatement*> find_statements(const Ledger& ledger,
                                                     const std::vector<std::string>& names);

}  // namespace tidewheel::cli
