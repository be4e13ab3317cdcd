#include "tidewheel/postgres/session.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "connect.hpp"
#include "errors.hpp"
#include "pipeline.hpp"
#include "results.hpp"
#include "tidewheel/core/failpoint.hpp"

namespace tidewheel::postgres {
namespace {

// libpq's output buffer grows to the largest piece it is given.
constexpr std::size_t copy_chunk = 1 << 20;

// Whether it is sent by the name that it is prepared under.
bool is_prepared(const Command& command) {
    return !command.parameters.empty();
}
bool is_prepared(const BinaryCommand& /*always*/) {
    return true;
}

}  // namespace

struct Session::State {
    Handle handle;
    std::int32_t backend_pid = 0;
    std::unordered_map<std::string, std::string> prepared = {};  // the names, by statement
    std::vector<Command> first = {};                             // of begin_with()
    std::function<void(const DatabaseError&)> on_failure = {};   // of one of these
};

Session::Session(const std::string& url, const std::string& application)
    : state_(std::make_unique<State>(State{connect(url, application)})) {
    // A lane never waits inside a transaction; if it does, it is frozen or gone, and its locks must
    // not stay. Nor does it wait for others' locks for long: it fails, releases its own, and
    // retries.
    run("SET jit = off; SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '10s';"
        " SET tcp_keepalives_idle = 10;"
        " SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3");
    state_->backend_pid =
        static_cast<std::int32_t>(run("SELECT pg_backend_pid()").at(0).integer(0));
}
Session::~Session() = default;

Rows Session::run(const std::string& sql) {
    flush();
    PGconn* handle = state_->handle.get();
    if (PQsendQuery(handle, sql.c_str()) == 0)
        throw connection_lost("before a statement", PQerrorMessage(handle));
    std::vector<Rows> results;
    take_results(handle, [&](PGresult* result) { results.push_back(rows_of(result)); });
    return as_script(results);
}

Rows Session::run(const std::vector<Command>& commands) {
    std::vector<Rows> results = run_pipelined(commands);
    return as_script(results);
}

std::vector<Rows> Session::run(std::span<const BinaryCommand> commands) {
    return run_pipelined(commands);
}

Rows Session::run(const std::string& sql, std::span<const std::string_view> parameters) {
    const BinaryCommand command{sql, parameters};
    return std::move(run(std::span(&command, 1)).front());
}

void Session::begin_with(std::vector<Command> commands,
                         std::function<void(const DatabaseError&)> on_failure) {
    state_->first = std::move(commands);
    state_->on_failure = std::move(on_failure);
}

void Session::flush() {
    if (!state_->first.empty()) run_pipelined(std::span<const BinaryCommand>());
}

// Behind what begin_with() keeps, and all of them at once. What is to be prepared is so before:
// libpq waits for that, which it can't do in a pipeline.
template <class Commands>
std::vector<Rows> Session::run_pipelined(const Commands& commands) {
    const std::vector<Command> first = std::exchange(state_->first, {});
    const auto on_failure = std::exchange(state_->on_failure, {});
    for (const Command& each : first)
        if (is_prepared(each)) prepared(each.sql);
    for (const auto& each : commands)
        if (is_prepared(each)) prepared(each.sql);
    PipelineResults results = in_pipeline(state_->handle.get(), [&](PGconn* handle) {
        const auto send_one = [&](const auto& command) {
            return is_prepared(command) ? send(handle, prepared(command.sql), command.parameters)
                                        : send(handle, command.sql);
        };
        return std::ranges::all_of(first, send_one) && std::ranges::all_of(commands, send_one);
    });
    auto& [rows, failure] = results;
    if (failure && rows.size() < first.size()) on_failure(*failure);
    if (failure) throw *failure;
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first.size()));
    return std::move(rows);
}

const std::string& Session::prepared(const std::string& sql) {
    if (const auto known = state_->prepared.find(sql); known != state_->prepared.end())
        return known->second;
    const std::string name = "s" + std::to_string(state_->prepared.size());
    PGconn* handle = state_->handle.get();
    const Result result(PQprepare(handle, name.c_str(), sql.c_str(), 0, nullptr));
    require_success(handle, result.get());
    return state_->prepared.emplace(sql, name).first->second;
}

void Session::discard() {
    run("DISCARD TEMP; DEALLOCATE ALL");
    state_->prepared.clear();
}

std::size_t Session::copy(const std::string& copy_statement, std::string_view payload) {
    flush();
    PGconn* handle = state_->handle.get();
    const Result begun(PQexec(handle, copy_statement.c_str()));
    require_success(handle, begun.get());
    if (PQresultStatus(begun.get()) != PGRES_COPY_IN)
        throw DatabaseError("not a COPY … FROM STDIN: " + copy_statement, "42601");
    for (; !payload.empty(); payload.remove_prefix(std::min(payload.size(), copy_chunk)))
        if (PQputCopyData(handle, payload.data(),
                          static_cast<int>(std::min(payload.size(), copy_chunk))) != 1)
            throw connection_lost("during COPY", PQerrorMessage(handle));
    failpoint("during_copy");
    if (PQputCopyEnd(handle, nullptr) != 1)
        throw connection_lost("during COPY", PQerrorMessage(handle));
    std::size_t rows = 0;
    take_results(handle, [&](PGresult* result) { rows = row_count(result); });
    return rows;
}

void Session::cancel() {
    char message[256];
    const std::unique_ptr<PGcancel, void (*)(PGcancel*)> ticket(PQgetCancel(state_->handle.get()),
                                                                PQfreeCancel);
    if (ticket)
        // It may come too late: then there is nothing to cancel.
        PQcancel(ticket.get(), message, sizeof message);
}

std::int32_t Session::backend_pid() const {
    return state_->backend_pid;
}

bool Session::in_transaction() const {
    const PGTransactionStatusType status = PQtransactionStatus(state_->handle.get());
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

bool Session::broken() const {
    return PQstatus(state_->handle.get()) == CONNECTION_BAD;
}

}  // namespace tidewheel::postgres
