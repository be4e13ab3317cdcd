#include "errors.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace tidewheel::postgres {
namespace {

struct Verdict {
    std::string_view prefix;  // of a SQLSTATE: a class of two characters, or a whole code
    Error::Kind kind;
};

// PostgreSQL's manual, appendix "PostgreSQL Error Codes".
constexpr std::array verdicts{
    Verdict{"08", Error::Kind::unavailable},  // connection exception
    Verdict{"25006",
            Error::Kind::unavailable},  // read-only transaction: a standby, or about to become one
    Verdict{"28", Error::Kind::setting},         // invalid authorization
    Verdict{"3D000", Error::Kind::setting},      // no such database
    Verdict{"40", Error::Kind::unavailable},     // transaction rollback: serialization, deadlock
    Verdict{"53", Error::Kind::unavailable},     // insufficient resources
    Verdict{"55P03", Error::Kind::unavailable},  // lock not available
    Verdict{"57",
            Error::Kind::unavailable},  // operator intervention: shutdown, cancel, starting up
    Verdict{"58", Error::Kind::unavailable},  // system error: I/O
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

// The SQL standard leaves classes that begin with 5 to 9 and I to Z to implementations; those that
// PostgreSQL doesn't use are what users' functions raise (RAISE … USING ERRCODE = 'ZZ001').
bool is_users_own(std::string_view sqlstate) {
    const char first = sqlstate.empty() ? '0' : sqlstate.front();
    const bool left_open = (first >= '5' && first <= '9') || (first >= 'I' && first <= 'Z');
    constexpr std::array<std::string_view, 8> taken{"53", "54", "55", "57", "58", "72", "P0", "XX"};
    return left_open && std::ranges::find(taken, sqlstate.substr(0, 2)) == taken.end();
}

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text ? text : "";
}

}  // namespace

Error::Kind kind_of(std::string_view sqlstate) {
    if (sqlstate.empty()) return Error::Kind::unavailable;
    const auto verdict = std::ranges::find_if(
        verdicts, [&](const Verdict& candidate) { return sqlstate.starts_with(candidate.prefix); });
    return verdict == verdicts.end() ? Error::Kind::refused : verdict->kind;
}

bool is_about_data(std::string_view sqlstate) {
    if (sqlstate == sequence_exhausted) return false;
    return is_users_own(sqlstate) || std::ranges::any_of(data_faults, [&](std::string_view prefix) {
               return sqlstate.starts_with(prefix);
           });
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

bool DatabaseError::may_be_about_data() const {
    return is_about_data() || (sqlstate_.starts_with("42") && !in_function_);
}

DatabaseError error_of(const PGresult* result) {
    std::string what = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (what.empty()) what = one_line(PQresultErrorMessage(result));
    const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    if (!detail.empty()) what += ": " + detail;
    // Where COPY was, or which function raised; the outermost caller is of no use to the reader.
    const std::string context = field(result, PG_DIAG_CONTEXT);
    if (!context.empty()) what += " (" + context.substr(0, context.find('\n')) + ")";
    std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty()) sqlstate = "XX000";  // libpq's own complaint, the connection being up
    const bool in_function = !field(result, PG_DIAG_INTERNAL_QUERY).empty() ||
                             context.find("function ") != std::string::npos;
    return DatabaseError(
        what, sqlstate, std::atoi(field(result, PG_DIAG_STATEMENT_POSITION).c_str()),
        field(result, PG_DIAG_MESSAGE_HINT), field(result, PG_DIAG_COLUMN_NAME), in_function);
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
            throw error_of(result);
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
