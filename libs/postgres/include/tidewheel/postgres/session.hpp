#pragma once
#include <cstdint>
#include <functional>
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

// A statement and its parameters in binary form, whose types the statement says.
struct BinaryCommand {
    const std::string& sql;
    std::span<const std::string_view> parameters;
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
    // Several commands in one round trip; the rows of the last one that returns any. After one that
    // fails none is run, a COMMIT included. Those with parameters are prepared when they come for
    // the first time.
    Rows run(const std::vector<Command>& commands);
    // The same for statements that are all prepared when they come for the first time; the result
    // of each.
    std::vector<Rows> run(std::span<const BinaryCommand> commands);
    Rows run(const std::string& sql, std::span<const std::string_view> parameters);
    // Keeps commands for the next run() or copy(), which runs them first: in its own round trip, if
    // what it runs is prepared. After one that fails nothing else is run; its error comes out of
    // that run() or copy(), or what `on_failure` throws instead.
    void begin_with(std::vector<Command> commands,
                    std::function<void(const DatabaseError&)> on_failure);
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
    void flush();  // runs what begin_with() keeps, if there is any
    const std::string& prepared(const std::string& sql);
    template <class Commands>
    std::vector<Rows> run_pipelined(const Commands& commands);

    struct State;
    std::unique_ptr<State> state_;
    CopyEncoder encoder_;
};

}  // namespace tidewheel::postgres
