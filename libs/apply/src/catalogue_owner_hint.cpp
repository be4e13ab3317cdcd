#include "tidewheel/apply/catalogue_owner_hint.hpp"

#include <regex>

#include "tidewheel/postgres/sqlstate.hpp"
#include "tidewheel/sql/diagnostic.hpp"

namespace tidewheel::apply {
namespace {

using postgres::DatabaseError;

// By a connection of its own: the one that failed may be unusable. Empty: it is about something
// else, which has its hint (libs/postgres, hints.cpp).
std::string hint_for(const catalogue::Database& database, const std::string& sqlstate,
                     const std::string& what) {
    static const std::regex catalogue("for schema tidewheel(?!\\w)");
    if (sqlstate != postgres::sqlstate::insufficient_privilege ||
        !std::regex_search(what, catalogue))
        return "";
    for (const postgres::Row& row : database.connect()->query(
             "SELECT quote_ident(pg_get_userbyid(nspowner)), quote_ident(current_user) FROM "
             "pg_namespace WHERE nspname = 'tidewheel' AND nspowner <> current_user::regrole"))
        return "The catalogue belongs to " + row.text(0) +
               ", whom `tidewheel init --owner` named. Apply as that role, or run GRANT " +
               row.text(0) + " TO " + row.text(1) + " to make " + row.text(1) + " a member of it.";
    return "";
}

}  // namespace

void with_owner_named(const catalogue::Database& database, const std::function<void()>& work) {
    try {
        work();
    } catch (const DatabaseError& error) {
        const std::string hint = hint_for(database, error.sqlstate(), error.what());
        if (hint.empty()) throw;
        throw DatabaseError(error.what(), error.sqlstate(), error.position(), hint);
    } catch (const sql::PipelineError& error) {
        std::vector<sql::Diagnostic> told = error.diagnostics();
        for (sql::Diagnostic& each : told)
            if (const std::string hint = hint_for(database, each.sqlstate, each.what);
                !hint.empty())
                each.hint = hint;
        throw sql::PipelineError(std::move(told));
    }
}

}  // namespace tidewheel::apply
