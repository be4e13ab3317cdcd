#include "connect.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <regex>
#include <vector>

#include "errors.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::postgres {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds diagnosis_deadline{5};

// What the URL sets. libpq's own complaint about a URL quotes it, password and all, so it is not
// passed on.
std::map<std::string, std::string> parts(const std::string& url) {
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(url.c_str(), &complaint), &PQconninfoFree);
    PQfreemem(complaint);
    const std::string hint =
        "Write it as postgresql://user:password@host:5432/database, with %40 for @ in a password.";
    if (!options) throw Error(Error::Kind::setting, "the database URL can't be read", hint);
    std::map<std::string, std::string> parts;
    for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
        if (!option->val) continue;
        parts[option->keyword] = option->val;
        // user:pass@word@host leaves part of the password in the host, which every message names.
        if (std::strcmp(option->keyword, "host") == 0 && std::strchr(option->val, '@') &&
            option->val[0] != '@')
            throw Error(Error::Kind::setting, "the host in the database URL contains @", hint);
    }
    return parts;
}

struct Settings {
    std::vector<const char*> names, values;
    std::string password_file;  // empty: none

    void add(const char* name, const char* value) {
        names.push_back(name);
        values.push_back(value);
    }
    void end() { add(nullptr, nullptr); }
};

// libpq takes the last value that it is given, so what stands before the URL ("dbname", which it
// expands) is a default. It also beats the environment and service files; so we keep out of the way
// of those.
Settings settings(const std::string& url, const std::string& application, Mode mode) {
    std::map<std::string, std::string> set = parts(url);
    const bool has_service = set.contains("service") || std::getenv("PGSERVICE");
    Settings result;
    result.password_file = set["passfile"];
    if (!has_service) {
        if (!std::getenv("PGCONNECT_TIMEOUT")) result.add("connect_timeout", "10");
        result.add("keepalives_idle", "30");
        result.add("keepalives_interval", "10");
        result.add("keepalives_count", "3");
        result.add("tcp_user_timeout", "30000");
    }
    result.add("fallback_application_name", application.c_str());
    result.add("dbname", url.c_str());
    result.add("client_encoding", "UTF8");
    if (mode == Mode::replication) result.add("replication", "database");
    result.end();
    return result;
}

// PostgreSQL cuts longer ones itself, with a notice on standard error that can't be suppressed so
// early.
std::string cut_name(const std::string& application) {
    std::size_t end = std::min<std::size_t>(application.size(), 63);
    while (end < application.size() &&
           (static_cast<unsigned char>(application[end]) & 0xC0) == 0x80)
        --end;
    return application.substr(0, end);
}

bool wait_for(PGconn* handle, bool to_read, Clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd wanted{PQsocket(handle), static_cast<short>(to_read ? POLLIN : POLLOUT), 0};
    return left.count() > 0 && poll(&wanted, 1, static_cast<int>(left.count())) > 0;
}

// libpq keeps the SQLSTATE of a refused connection to itself, and the message is in the server's
// language. But when it is asked before the handshake to be brief, the message is nothing but
// severity and SQLSTATE. Hence a second attempt, for the diagnosis. It may succeed (the server was
// full, and isn't any more): then it is the connection, in `taken`.
std::string refusal_sqlstate(const Settings& with, Handle& taken) {
    const Clock::time_point deadline = Clock::now() + diagnosis_deadline;
    Handle handle(PQconnectStartParams(with.names.data(), with.values.data(), 1));
    if (!handle) return {};
    PQsetErrorVerbosity(handle.get(), PQERRORS_SQLSTATE);
    for (PostgresPollingStatusType status = PGRES_POLLING_WRITING;
         PQstatus(handle.get()) != CONNECTION_BAD;) {
        if (!wait_for(handle.get(), status == PGRES_POLLING_READING, deadline)) return {};
        status = PQconnectPoll(handle.get());
        if (status == PGRES_POLLING_OK || status == PGRES_POLLING_FAILED) break;
    }
    if (PQstatus(handle.get()) == CONNECTION_OK) {
        PQsetErrorVerbosity(handle.get(), PQERRORS_DEFAULT);
        taken = std::move(handle);
        return {};
    }
    const std::string message = PQerrorMessage(handle.get());
    static const std::regex refusal(":  ([0-9A-Z]{5})\\s*$");
    std::smatch match;
    return std::regex_search(message, match, refusal) ? match[1].str() : std::string{};
}

std::string hint_for(const std::string& sqlstate, const std::string& password_file) {
    if (sqlstate == sqlstate::invalid_password && !password_file.empty())
        return "Check the user in the database URL, and the password in the file " + password_file +
               ".";
    if (sqlstate == sqlstate::invalid_password)
        return "Check the user and the password in the database URL.";
    if (sqlstate.starts_with("28"))
        return "Check the user in the database URL, and pg_hba.conf on the server.";
    if (sqlstate == sqlstate::invalid_database)
        return "Create the database, or correct its name in the database URL.";
    if (sqlstate == sqlstate::too_many_connections)
        return "Raise max_connections, or let fewer programs connect.";
    if (sqlstate == sqlstate::cannot_connect_now)
        return "The server is starting or stopping; wait for it.";
    return "Check that the server runs, and the host and port in the database URL.";
}

DatabaseError refusal(PGconn* handle, const Settings& with, Handle& taken) {
    // "No password supplied" is libpq's own verdict: the server has not answered yet.
    const std::string sqlstate = PQconnectionNeedsPassword(handle)
                                     ? std::string(sqlstate::invalid_password)
                                     : refusal_sqlstate(with, taken);
    return DatabaseError("can't connect to PostgreSQL: " + one_line(PQerrorMessage(handle)),
                         sqlstate, 0, hint_for(sqlstate, with.password_file));
}

void apply_session_settings(PGconn* handle) {
    const Result result(
        PQexec(handle,
               "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';"
               "SET extra_float_digits = 1; SET standard_conforming_strings = on;"
               "SET client_min_messages = warning"));
    require_success(handle, result.get());
    // Frees the locks of a program that died in the middle of a query. Not every platform of the
    // server can.
    const Result check(PQexec(handle, "SET client_connection_check_interval = '1s'"));
    if (PQstatus(handle) == CONNECTION_BAD) require_success(handle, check.get());
}

}  // namespace

std::string address_in_words(const std::string& url) {
    const std::map<std::string, std::string> set = parts(url);
    const auto part = [&](const char* before, const char* name) {
        const auto found = set.find(name);
        return found == set.end() || found->second.empty() ? "" : before + found->second;
    };
    const std::string name = part("", "dbname"), named = part(" on ", "host"),
                      host = named.empty() ? part(" on ", "hostaddr") : named;
    return (name.empty() ? "the default database" : name) + part(" of service ", "service") + host +
           (host.empty() ? part(" on port ", "port") : part(":", "port"));
}

Handle connect(const std::string& url, const std::string& application, Mode mode) {
    const std::string name = cut_name(application);
    const Settings with = settings(url, name, mode);
    Handle handle(PQconnectdbParams(with.names.data(), with.values.data(), 1));
    if (!handle) throw std::bad_alloc();
    if (PQstatus(handle.get()) != CONNECTION_OK) {
        Handle taken;
        const DatabaseError error = refusal(handle.get(), with, taken);
        if (!taken) throw error;
        handle = std::move(taken);
    }
    PQsetNoticeProcessor(
        handle.get(), [](void*, const char*) {}, nullptr);
    apply_session_settings(handle.get());
    return handle;
}

void ignore_notices(PGconn* handle) {
    PQsetNoticeProcessor(
        handle, [](void*, const char*) {}, nullptr);
}

}  // namespace tidewheel::postgres
