#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::postgres {

// A lane's connection: raw libpq, for the hot path. Made and used by one thread. Never reconnects:
// make a new one. Session settings are those of Connection, and jit off.
class Session {
  public:
    Session(const std::string& url, const std::string& application);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // One or more statements in one round trip (the simple protocol); the rows of the last one that
    // returns any, as text; `affected` of the last statement. Throws DatabaseError.
    Rows run(const std::string& sql);
    // COPY … FROM STDIN (FORMAT binary): sends the payload, which must be whole (signature to
    // trailer), in one go; the number of rows.
    std::size_t copy(const std::string& copy_statement, std::string_view payload);

    // Asks the server to give up the statement under way (57014, unavailable, comes out of run() or
    // copy()). From any thread.
    void cancel();

    std::int32_t backend_pid() const;
    bool in_transaction() const;
    bool broken() const;  // the connection is gone

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::postgres
