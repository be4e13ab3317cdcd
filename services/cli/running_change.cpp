#include "cli/running_change.hpp"

#include <algorithm>
#include <chrono>

#include "cli/catalogue_holders.hpp"
#include "cli/context.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/progress.hpp"

namespace tidewheel::cli {
namespace {

constexpr std::chrono::seconds patience{30};

void change_once(const Context& context,
                 const std::function<void(postgres::Transaction&, const Ledger&)>& change) {
    const auto connection = context.connect();
    postgres::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    postgres::Transaction transaction(*connection);
    limit_waits(transaction);
    lock_catalogue(transaction);
    change(transaction, read_ledger(transaction));
    commit_change(transaction);
}

// Names who is in the way.
postgres::DatabaseError with_holders(const Context& context, const postgres::DatabaseError& error) {
    const std::string holders = catalogue_holders(context);
    if (holders.empty()) return error;
    return postgres::DatabaseError(
        std::string(error.what()) + "; the catalogue is held by " + holders, error.sqlstate(), 0,
        "wait for it, or end it: SELECT pg_terminate_backend(pid)");
}

}  // namespace

bool is_lock_trouble(const postgres::DatabaseError& error) {
    return error.sqlstate() == "55P03" || error.sqlstate() == "40P01";
}

void limit_waits(postgres::Transaction& transaction) {
    transaction.run(
        "SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '30s'");
}

void commit_change(postgres::Transaction& transaction) {
    failpoint("before_change");
    transaction.commit();
    failpoint("after_change");
}

void despite_locks(const Context& context, const std::function<void()>& attempt) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    Backoff backoff;
    for (;;) {
        try {
            return attempt();
        } catch (const postgres::DatabaseError& error) {
            if (!is_lock_trouble(error)) throw;
            if (std::chrono::steady_clock::now() >= deadline) throw with_holders(context, error);
        }
        end_frozen_holders(context);
        wait_for({}, backoff.next());
    }
}

void change_what_runs(const Context& context,
                      const std::function<void(postgres::Transaction&, const Ledger&)>& change) {
    despite_locks(context, [&] { change_once(context, change); });
}

void fence_off(postgres::Transaction& transaction,
               const std::vector<const AppliedStatement*>& statements) {
    std::vector<int> ids;
    for (const AppliedStatement* statement : statements)
        ids.push_back(statement->id);
    raise_version(transaction);
    postgres::fence(transaction, ids);
}

std::vector<const AppliedStatement*> find_statements(const Ledger& ledger,
                                                     const std::vector<std::string>& names) {
    std::vector<const AppliedStatement*> found;
    for (const std::string& name : names) {
        const AppliedStatement* statement = ledger.statement(name);
        if (!statement)
            throw Error(Error::Kind::setting, "there is no statement " + name,
                        "tidewheel status lists them");
        if (std::find(found.begin(), found.end(), statement) == found.end())
            found.push_back(statement);
    }
    return found;
}

}  // namespace tidewheel::cli
