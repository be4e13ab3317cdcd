#include "tidewheel/postgres/pooler.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string_view>
#include <vector>

#include "connect.hpp"
#include "errors.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::postgres {
namespace {

constexpr int most_looks = 3;
// The beginning of an error of our own, which PostgreSQL quotes: the text isn't a number.
constexpr const char* other_backend = "another backend answers: ";

std::int64_t backend_of(Session& session) {
    return session.run("SELECT pg_backend_pid()").at(0).integer(0);
}

// A pooler makes up the number that it gives to its client at the start.
bool is_behind_pooler(const std::string& url) {
    const Handle handle = connect(url, "tidewheel");
    const Result answer(PQexec(handle.get(), "SELECT pg_backend_pid()"));
    require_success(handle.get(), answer.get());
    return std::to_string(PQbackendPID(handle.get())) != PQgetvalue(answer.get(), 0, 0);
}

// While another session is in a transaction, it has its backend for itself. If that is the one that
// served us before, or if we get a new one, ours is shared. A pooler may by chance give us the same
// again, or its clients may use all backends: hence several attempts, each with one more session.
bool shares_backends(const std::string& url) {
    Session session(url, "tidewheel");
    std::vector<std::unique_ptr<Session>> others;
    for (int look = 0; look < most_looks; ++look) {
        const std::int64_t before = backend_of(session);
        try {
            others.push_back(std::make_unique<Session>(url, "tidewheel"));
        } catch (const DatabaseError&) {
            return false;
        }
        try {
            others.back()->run("BEGIN");
        } catch (const DatabaseError&) {
            backend_of(session);  // throws, too, unless the pooler allows no transaction at all
            return true;
        }
        if (backend_of(*others.back()) == before || backend_of(session) != before) return true;
    }
    return false;
}

}  // namespace

Error not_our_backend() {
    return Error(Error::Kind::setting,
                 "a pooler passes PostgreSQL's backends from client to client between transactions",
                 "Connect directly, or through a pooler in session mode (pgbouncer: pool_mode = "
                 "session).");
}

void require_own_backend(const std::string& url) {
    if (is_behind_pooler(url) && shares_backends(url)) throw not_our_backend();
}

std::string require_backend(const std::string& pid) {
    return "CASE WHEN pg_backend_pid() <> " + pid + "::integer THEN ('" + other_backend +
           "' || pg_backend_pid())::integer END";
}

bool says_other_backend(const DatabaseError& error) {
    return std::string_view(error.what()).find(other_backend) != std::string_view::npos;
}

}  // namespace tidewheel::postgres
