#include "tidewheel/postgres/session.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <unordered_map>

#include "connect.hpp"
#include "errors.hpp"
#include "tidewheel/core/failpoint.hpp"

namespace tidewheel::postgres {
namespace {

// libpq's output buffer grows to the largest piece it is given.
constexpr std::size_t copy_chunk = 1 << 20;

std::size_t row_count(PGresult* result) {
    return std::strtoull(PQcmdTuples(result), nullptr, 10);
}

Rows rows_of(PGresult* result) {
    Rows rows;
    const int width = PQnfields(result);
    for (int column = 0; column < width; ++column)
        rows.columns.emplace_back(PQfname(result, column));
    rows.reserve(static_cast<std::size_t>(PQntuples(result)));
    for (int row = 0; row < PQntuples(result); ++row) {
        std::vector<std::optional<std::string>> fields(static_cast<std::size_t>(width));
        for (int column = 0; column < width; ++column)
            if (!PQgetisnull(result, row, column))
                fields[static_cast<std::size_t>(column)].emplace(
                    PQgetvalue(result, row, column),
                    static_cast<std::size_t>(PQgetlength(result, row, column)));
        rows.emplace_back(std::move(fields));
    }
    rows.affected = row_count(result);
    if (std::string_view(PQcmdStatus(result)).starts_with("INSERT")) rows.inserted = rows.affected;
    return rows;
}

// Of results in their order, what a script comes to: the rows of the last one that has any, and its
// own counts.
void add(Rows& script, Rows&& result) {
    result.inserted += script.inserted;
    if (!result.columns.empty()) {
        script = std::move(result);
        return;
    }
    script.affected = result.affected;
    script.inserted = result.inserted;
}

// Takes every result of the command under way, as libpq requires before the next; then throws the
// first failure.
template <class Take>
void take_results(PGconn* handle, Take&& take) {
    std::optional<DatabaseError> failure;
    while (const Result result{PQgetResult(handle)}) {
        switch (PQresultStatus(result.get())) {
            case PGRES_COPY_IN:  // only run() meets it; the server makes an error of it
                PQputCopyEnd(handle, "COPY needs Session::copy");
                break;
            case PGRES_EMPTY_QUERY:
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
                if (!failure) take(result.get());
                break;
            default:
                if (!failure) failure = error_of(handle, result.get());
                if (PQstatus(handle) == CONNECTION_BAD)
                    throw connection_lost("during a statement", failure->what());
        }
    }
    if (PQstatus(handle) == CONNECTION_BAD)
        throw connection_lost("during a statement", PQerrorMessage(handle));
    if (failure) throw *failure;
}

Rows take_rows(PGconn* handle) {
    Rows rows;
    take_results(handle, [&](PGresult* result) { add(rows, rows_of(result)); });
    return rows;
}

// What the commands of a pipeline came to, in their order: the results of those before the first
// failure.
struct PipelineResults {
    std::vector<Rows> rows;
    std::optional<DatabaseError> failure;
};

PipelineResults take_pipelined_results(PGconn* handle) {
    PipelineResults results;
    auto& failure = results.failure;
    for (;;) {
        const Result result{PQgetResult(handle)};
        if (PQstatus(handle) == CONNECTION_BAD)
            throw connection_lost("during a statement",
                                  failure ? failure->what() : PQerrorMessage(handle));
        if (!result) continue;  // between two commands
        switch (PQresultStatus(result.get())) {
            case PGRES_PIPELINE_SYNC:
                return results;
            case PGRES_TUPLES_OK:
            case PGRES_COMMAND_OK:
                results.rows.push_back(rows_of(result.get()));
                break;
            case PGRES_FATAL_ERROR:
                if (!failure) failure = error_of(handle, result.get());
                break;
            default:
                break;
        }
    }
}

Rows as_script(std::span<Rows> results) {
    Rows rows;
    for (Rows& each : results)
        add(rows, std::move(each));
    return rows;
}

constexpr int text_results = 0;

bool send(PGconn* handle, const std::string& unprepared) {
    return PQsendQueryParams(handle, unprepared.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                             text_results) == 1;
}

bool send(PGconn* handle, const std::string& name, const std::vector<Parameter>& parameters) {
    std::vector<const char*> values;
    for (const Parameter& each : parameters)
        values.push_back(each ? each->c_str() : nullptr);
    return PQsendQueryPrepared(handle, name.c_str(), static_cast<int>(values.size()), values.data(),
                               nullptr, nullptr, text_results) == 1;
}

bool send(PGconn* handle, const std::string& name, std::span<const std::string_view> parameters) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    for (const std::string_view parameter : parameters) {
        values.push_back(parameter.data());
        lengths.push_back(static_cast<int>(parameter.size()));
    }
    const std::vector<int> formats(parameters.size(), 1);
    return PQsendQueryPrepared(handle, name.c_str(), static_cast<int>(parameters.size()),
                               values.data(), lengths.data(), formats.data(), text_results) == 1;
}

// Whether it is sent by the name that it is prepared under.
bool is_prepared(const Command& command) {
    return !command.parameters.empty();
}
bool is_prepared(const BinaryCommand& /*always*/) {
    return true;
}

// send_all(handle) queues commands, and returns whether all could be.
template <class SendAll>
PipelineResults in_pipeline(PGconn* handle, SendAll&& send_all) {
    const struct Leaving {
        PGconn* handle;
        ~Leaving() { PQexitPipelineMode(handle); }
    } leaving{handle};
    if (PQenterPipelineMode(handle) == 0 || !send_all(handle) || PQpipelineSync(handle) == 0)
        throw connection_lost("before a statement", PQerrorMessage(handle));
    return take_pipelined_results(handle);
}

}  // namespace

struct Session::State {
    Handle handle;
    std::int32_t backend_pid = 0;
    std::unordered_map<std::string, std::string> prepared = {};  // the names, by statement
    std::vector<Command> first = {};                             // of begin_with()
    std::function<void(const Rows&)> check_first = {};
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
    return take_rows(handle);
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

void Session::begin_with(std::vector<Command> commands, std::function<void(const Rows&)> check) {
    state_->first = std::move(commands);
    state_->check_first = std::move(check);
}

void Session::flush() {
    if (!state_->first.empty()) run_pipelined(std::span<const BinaryCommand>());
}

// Behind what begin_with() keeps, and all of them at once. What is to be prepared is so before:
// libpq waits for that, which it can't do in a pipeline.
template <class Commands>
std::vector<Rows> Session::run_pipelined(const Commands& commands) {
    const std::vector<Command> first = std::exchange(state_->first, {});
    const auto check_first = std::exchange(state_->check_first, {});
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
    auto& rows = results.rows;
    if (!first.empty() && rows.size() >= first.size()) {
        const auto behind = rows.begin() + static_cast<std::ptrdiff_t>(first.size());
        check_first(as_script({rows.begin(), behind}));
        rows.erase(rows.begin(), behind);
    }
    if (results.failure) throw *results.failure;
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
