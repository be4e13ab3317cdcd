#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"

namespace tidewheel::postgres {

// A statement and its parameters ($1, $2, …) in text form.
struct Command {
    std::string sql;
    std::vector<Parameter> parameters = {};

    // Another parameter, as it is written in the text.
    std::string add(Parameter value) {
        parameters.push_back(std::move(value));
        return "$" + std::to_string(parameters.size());
    }
};

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
    // One statement with parameters ($1, $2, …) in binary form, whose types the statement says.
    // Prepared when it comes for the first time.
    Rows run(const std::string& sql, std::span<const std::string_view> parameters);
    // Several commands in one round trip; the rows of the last one that returns any. After one that
    // fails none is run, a COMMIT included. Those with parameters are prepared when they come for the first time.
    Rows run(const std::vector<Command>& commands);
    // COPY … FROM STDIN (FORMAT binary): sends the payload, which must be whole (signature to
    // trailer), in one go; the number of rows.
    std::size_t copy(const std::string& copy_statement, std::string_view payload);

    // Drops the temporary relations and the prepared statements.
    void discard();

    // For what copy() is to send: the sessions' memory, which is less than every lane's.
    CopyEncoder& encoder() { return encoder_; }

    // Asks the server to cancel the statement under way (57014, unavailable, comes out of run() or
    // copy()). From any thread.
    void cancel();

    // As the backend itself reported at the start: a pooler gives its clients another number.
    std::int32_t backend_pid() const;
    bool in_transaction() const;
    bool broken() const;  // the connection is gone

  private:
    const std::string& prepared(const std::string& sql);

    struct State;
    std::unique_ptr<State> state_;
    CopyEncoder encoder_;
};

}  // namespace tidewheel::postgres
