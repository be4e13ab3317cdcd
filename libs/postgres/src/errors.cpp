#include "errors.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "hints.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::postgres {
namespace {

struct ErrorClass {
    std::string_view prefix;  // of a SQLSTATE: a class of two characters, or a whole code
    Error::Kind kind;
};

// PostgreSQL's manual, appendix "PostgreSQL Error Codes".
constexpr std::array error_classes{
    ErrorClass{"08", Error::Kind::unavailable},  // connection exception
    ErrorClass{
        sqlstate::read_only_transaction,
        Error::Kind::unavailable},  // read-only transaction: a standby, or about to become one
    ErrorClass{"28", Error::Kind::setting},  // invalid authorization
    ErrorClass{sqlstate::invalid_database, Error::Kind::setting},
    ErrorClass{"40", Error::Kind::unavailable},  // transaction rollback: serialization, deadlock
    ErrorClass{"53", Error::Kind::unavailable},  // insufficient resources
    ErrorClass{sqlstate::lock_not_available, Error::Kind::unavailable},
    ErrorClass{"57",
               Error::Kind::unavailable},  // operator intervention: shutdown, cancel, starting up
    ErrorClass{"58", Error::Kind::unavailable},  // system error: I/O
};

// Classes and codes by which a function, trigger or constraint says no to a row.
constexpr std::array<std::string_view, 15> data_faults{
    "09",     // triggered action exception
    "20",     // case not found (PL/pgSQL)
    "21",     // cardinality violation: a subquery gave more than one row
    "22",     // data exception
    "23",     // integrity constraint violation
    "27",     // triggered data change violation
    "2F005",  // a function ended without RETURN
    "38",     // external routine exception
    "39",     // external routine invocation exception
    "44",     // WITH CHECK OPTION violation
    "54",     // program limit exceeded: an index row too large, nesting too deep
    "P0001",  // RAISE EXCEPTION
    "P0002",  // no data found (SELECT INTO STRICT)
    "P0003",  // too many rows
    "P0004",  // ASSERT
};
constexpr std::string_view sequence_exhausted = "2200H";  // class 22, but no row's fault

// XX001, XX002: a damaged table or index; the rows are not to blame.
constexpr std::array<std::string_view, 2> damage{"XX001", "XX002"};

// What a function says when something that it rests on is missing or forbidden; and what a row's
// value may lead it to, as well.
constexpr std::array<std::string_view, 3> about_surroundings{
    "3F",  // invalid schema name
    "42",  // syntax error or access rule violation
    "HV",  // foreign-data wrapper error
};

template <class Prefixes>
bool is_of(const Prefixes& prefixes, std::string_view sqlstate) {
    return std::ranges::any_of(
        prefixes, [&](std::string_view prefix) { return sqlstate.starts_with(prefix); });
}

// The SQL standard leaves classes that begin with 5 to 9 and I to Z to implementations; those that
// PostgreSQL doesn't use are what users' functions raise (RAISE … USING ERRCODE = 'ZZ001').
bool is_users_own(std::string_view sqlstate) {
    const char first = sqlstate.empty() ? '0' : sqlstate.front();
    const bool left_open = (first >= '5' && first <= '9') || (first >= 'I' && first <= 'Z');
    constexpr std::array<std::string_view, 8> taken{"53", "54", "55", "57", "58", "72", "P0", "XX"};
    return left_open && std::ranges::find(taken, sqlstate.substr(0, 2)) == taken.end();
}

std::string text_of(const char* text) {
    return text ? text : "";
}

std::string field(const PGresult* result, int code) {
    return text_of(PQresultErrorField(result, code));
}

}  // namespace

Error::Kind kind_of(std::string_view sqlstate) {
    if (sqlstate.empty()) return Error::Kind::unavailable;
    const auto verdict = std::ranges::find_if(error_classes, [&](const ErrorClass& candidate) {
        return sqlstate.starts_with(candidate.prefix);
    });
    return verdict == error_classes.end() ? Error::Kind::refused : verdict->kind;
}

bool is_about_data(std::string_view sqlstate) {
    if (sqlstate == sequence_exhausted) return false;
    return is_users_own(sqlstate) || is_of(data_faults, sqlstate);
}

DatabaseError::DatabaseError(const std::string& what, std::string sqlstate, int position,
                             std::string hint, std::string column, bool in_function)
    : Error(kind_of(sqlstate), what, std::move(hint)),
      sqlstate_(std::move(sqlstate)),
      position_(position),
      column_(std::move(column)),
      in_function_(in_function) {}

bool DatabaseError::is_about_data() const {
    return postgres::is_about_data(sqlstate_);
}

Blame DatabaseError::blame() const {
    if (retryable() || is_of(damage, sqlstate_)) return Blame::server;
    if (is_about_data() || (sqlstate_.starts_with("42") && !in_function_)) return Blame::row;
    return is_of(about_surroundings, sqlstate_) ? Blame::surroundings : Blame::unknown;
}

DatabaseError error_of(const PGconn* handle, const PGresult* result) {
    std::string what = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (what.empty()) what = one_line(PQresultErrorMessage(result));
    const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    if (!detail.empty()) what += ": " + detail;
    // Where COPY was, or which function raised; the outermost caller is of no use to the reader.
    // Our own refusal (tidewheel.refuse) needs no context.
    const std::string context = field(result, PG_DIAG_CONTEXT);
    const bool is_ours = context.starts_with("PL/pgSQL function tidewheel.refuse(") ||
                         context.starts_with("PL/pgSQL function tidewheel.require_room(");
    if (!context.empty() && !is_ours) what += " (" + context.substr(0, context.find('\n')) + ")";
    std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty())
        sqlstate = sqlstate::internal_error;  // libpq's own complaint, the connection being up
    const bool in_function = !field(result, PG_DIAG_INTERNAL_QUERY).empty() ||
                             context.find("function ") != std::string::npos ||
                             context.find("SQL statement ") != std::string::npos;
    std::string hint = field(result, PG_DIAG_MESSAGE_HINT);
    if (hint.empty())
        hint = hint_for(sqlstate, what, {text_of(PQuser(handle)), text_of(PQdb(handle))});
    return DatabaseError(what, sqlstate,
                         std::atoi(field(result, PG_DIAG_STATEMENT_POSITION).c_str()),
                         std::move(hint), field(result, PG_DIAG_COLUMN_NAME), in_function);
}

DatabaseError connection_lost(const std::string& while_doing, const std::string& message) {
    return DatabaseError(
        "the connection to PostgreSQL was lost " + while_doing + ": " + one_line(message), "");
}

void require_success(PGconn* handle, const PGresult* result) {
    if (PQstatus(handle) == CONNECTION_BAD)
        throw connection_lost("during a statement", PQerrorMessage(handle));
    switch (PQresultStatus(result)) {
        case PGRES_EMPTY_QUERY:
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_COPY_IN:
            return;
        default:
            throw error_of(handle, result);
    }
}

std::string one_line(const std::string& text) {
    std::string line;
    for (const char character : text) {
        if (character != '\n' && character != '\t') {
            line += character;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace tidewheel::postgres
