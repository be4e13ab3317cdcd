#pragma once
#include <libpq-fe.h>

#include <memory>
#include <string>

// The one way to a server, for Connection (libpqxx) and Session (libpq), so that both fail alike.
namespace tidewheel::postgres {

struct CloseHandle {
    void operator()(PGconn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, CloseHandle>;

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

// An open connection with our session settings. What the URL, the environment (PGHOST…) or a
// service file say wins over our defaults. Throws Error (setting) for a URL that can't be read,
// DatabaseError for the rest: setting for a wrong password, role or database, unavailable when
// there is no server to talk to. No message shows the password.
enum class Mode { ordinary, replication };
Handle connect(const std::string& url, const std::string& application, Mode mode = Mode::ordinary);

void ignore_notices(PGconn* handle);

}  // namespace tidewheel::postgres
