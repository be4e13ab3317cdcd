#include <set>

#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/pooler.hpp"
#include "verify_statements.hpp"

namespace tidewheel::verify {
namespace {

std::vector<int> choose(const catalogue::Catalogue& catalogue,
                        const std::vector<std::string>& names) {
    std::vector<int> chosen;
    for (const catalogue::StoredStatement& statement : catalogue.statements)
        if (names.empty()) chosen.push_back(statement.id);
    for (const std::string& name : names) {
        const auto* statement = catalogue.find_given(name);
        if (!statement)
            throw Error(Error::Kind::setting, "statement " + name + " does not exist",
                        "tidewheel status lists the statements.");
        chosen.push_back(statement->id);
    }
    return chosen;
}

// Takes the statements that write to sinks out: what was delivered is no longer in the outbox, so
// that nothing can be compared.
std::vector<Verified> set_sinks_apart(postgres::Session& session,
                                      const catalogue::Catalogue& catalogue,
                                      std::vector<int>& chosen) {
    std::set<sql::RelationName> sinks;
    for (const auto& row : session.run("SELECT schema_name, name FROM tidewheel.sinks"))
        sinks.insert({row.text(0), row.text(1)});
    std::vector<Verified> apart;
    for (const catalogue::StoredStatement& each : catalogue.statements) {
        const auto* rows = std::get_if<sql::RowStatement>(&each.statement.body);
        if (!rows || !sinks.contains(rows->target) || std::erase(chosen, each.id) == 0) continue;
        Verified& one = apart.emplace_back();
        one.statements = {each.statement.name};
        one.stored = sql::label(rows->target);
        one.compared = false;
        one.notes = {"a sink: rows that were delivered are no longer stored"};
    }
    return apart;
}

// Opens a transaction whose snapshot has exactly this catalogue, which may change between the two
// reads.
catalogue::Catalogue open_snapshot(postgres::Session& session, postgres::Connection& connection) {
    for (;;) {
        catalogue::Catalogue catalogue = catalogue::load_catalogue(connection);
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
        if (session.run("SELECT version FROM tidewheel.catalogue")[0].integer(0) ==
            catalogue.version)
            return catalogue;
        session.run("ROLLBACK");
    }
}

// The search paths by which the statements' functions and triggers run.
void require_trusted_paths(postgres::Connection& connection,
                           const catalogue::Catalogue& catalogue) {
    postgres::Transaction transaction(connection);
    std::set<std::string> seen;
    for (const catalogue::StoredStatement& each : catalogue.statements) {
        if (!seen.insert(each.search_path).second) continue;
        transaction.run("SET LOCAL search_path = " + each.search_path);
        catalogue::require_trusted_path(transaction);
    }
}

// What would run is not what was applied.
void note_other_meanings(postgres::Connection& connection, const catalogue::Catalogue& catalogue,
                         std::vector<Verified>& results) {
    for (Verified& result : results)
        for (const std::string& name : result.statements) {
            const catalogue::StoredStatement& stored = *catalogue.find_statement(name);
            postgres::Transaction transaction(connection);
            try {
                transaction.run("SET LOCAL search_path = " + stored.search_path);
                catalogue::require_same_meaning(transaction, stored);
            } catch (const Error& error) {
                if (error.kind() != Error::Kind::refused) throw;
                result.problems.emplace_back(error.what());
            }
        }
}

// A time, or how long before now, as PostgreSQL reads it: milliseconds since 1970.
std::int64_t time_of(postgres::Connection& connection, const std::string& since) {
    for (const char* expression : {"$1::timestamptz", "now() - $1::interval"})
        try {
            return connection
                .query(
                    "SELECT (extract(epoch FROM " + std::string(expression) + ") * 1000)::bigint",
                    {since})
                .at(0)
                .integer(0);
        } catch (const postgres::DatabaseError& error) {
            if (!error.is_about_data()) throw;
        }
    throw Error(Error::Kind::setting, "--since " + since + " is not a time",
                "Write how long before now, such as 1d or '2 hours', or a time such as "
                "2026-01-31T12:00Z.");
}

}  // namespace

const char* word_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::equal:
            return "equal";
        case Verdict::different:
            return "different";
        case Verdict::unchecked:
            return "unchecked";
    }
    return "";
}

std::vector<Verified> verify(const catalogue::Database& database, const Sources& sources,
                             const Request& request, ProgressSink& progress) {
    postgres::require_own_backend(database.url());
    postgres::Session session(database.url(), "tidewheel verify");
    // Kafka may pause between two pieces of a topic; a snapshot that waits for it locks nothing
    // that others want to write.
    session.run("SET idle_in_transaction_session_timeout = '2min'");
    catalogue::look_nowhere_else(session);  // a replay sets its statement's own path
    const auto connection = database.connect();
    Scope scope{{}, request.share};
    if (!request.since.empty()) scope.since = time_of(*connection, request.since);
    const catalogue::Catalogue catalogue = open_snapshot(session, *connection);
    require_trusted_paths(*connection, catalogue);
    std::vector<int> chosen = choose(catalogue, request.names);
    const std::vector<Verified> apart = set_sinks_apart(session, catalogue, chosen);
    std::vector<Verified> results =
        verify_statements(catalogue, chosen, scope, session, sources, progress);
    results.insert(results.end(), apart.begin(), apart.end());
    note_other_meanings(*connection, catalogue, results);
    return results;
}

}  // namespace tidewheel::verify
