#include "tidewheel/catalogue/catalogue_change.hpp"

#include <algorithm>
#include <chrono>

#include "tidewheel/catalogue/lock_holders.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/sqlstate.hpp"
#include "tidewheel/postgres/wait_limits.hpp"

namespace tidewheel::catalogue {
namespace {

constexpr RetryPolicy of_a_change{.give_up_after = std::chrono::seconds(30)};

void change_once(const Database& database,
                 const std::function<void(postgres::Transaction&, const CatalogueRows&)>& change) {
    const auto connection = database.connect();
    catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    postgres::Transaction transaction(*connection);
    limit_waits(transaction);
    lock_catalogue(transaction);
    change(transaction, read_catalogue_rows(transaction));
    commit_change(transaction);
}

// Names the holders of the lock.
postgres::DatabaseError with_holders(const Database& database,
                                     const postgres::DatabaseError& error) {
    const std::string holders = catalogue_holders(database);
    if (holders.empty()) return error;
    return postgres::DatabaseError(
        std::string(error.what()) + "; the catalogue is held by " + holders, error.sqlstate(), 0,
        "Wait for it, or end it with SELECT pg_terminate_backend(pid).");
}

}  // namespace

bool is_lock_failure(const postgres::DatabaseError& error) {
    return postgres::is_lock_timeout(error) ||
           error.sqlstate() == postgres::sqlstate::deadlock_detected;
}

void limit_waits(postgres::Transaction& transaction) {
    postgres::limit_waits(transaction, std::chrono::seconds(5), std::chrono::seconds(30));
}

void commit_change(postgres::Transaction& transaction) {
    failpoint("before_change");
    transaction.commit();
    failpoint("after_change");
}

void despite_locks(const Database& database, const std::function<void()>& attempt) {
    for (Retry retry(of_a_change);;) {
        std::optional<std::chrono::milliseconds> wait;
        try {
            return attempt();
        } catch (const postgres::DatabaseError& error) {
            if (!is_lock_failure(error)) throw;
            wait = retry.failed();
            if (!wait) throw with_holders(database, error);
        }
        end_frozen_holders(database);
        wait_for({}, *wait);
    }
}

void change_what_runs(
    const Database& database,
    const std::function<void(postgres::Transaction&, const CatalogueRows&)>& change) {
    despite_locks(database, [&] { change_once(database, change); });
}

void fence_off(postgres::Transaction& transaction,
               const std::vector<const AppliedStatement*>& statements) {
    std::vector<int> ids;
    for (const AppliedStatement* statement : statements)
        ids.push_back(statement->id);
    raise_version(transaction);
    fence(transaction, ids);
}

std::vector<const AppliedStatement*> find_statements(const CatalogueRows& catalogue_rows,
                                                     const std::vector<std::string>& names) {
    std::vector<const AppliedStatement*> found;
    for (const std::string& name : names) {
        const AppliedStatement* statement = catalogue_rows.given_statement(name);
        if (!statement)
            throw Error(Error::Kind::setting, "statement " + name + " does not exist",
                        "tidewheel status lists the statements.");
        if (std::find(found.begin(), found.end(), statement) == found.end())
            found.push_back(statement);
    }
    return found;
}

}  // namespace tidewheel::catalogue
