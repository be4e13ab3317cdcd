#include "tidewheel/postgres/connection.hpp"

#include <libpq-events.h>

#include <pqxx/pqxx>

#include "connect.hpp"
#include "errors.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::postgres {
namespace {

// --- what differs between libpqxx 6.4 (Debian 12) and 7.10 (Debian 13) ---------------------------

#if PQXX_VERSION_MAJOR >= 7

pqxx::result execute(pqxx::transaction_base& transaction, const std::string& sql,
                     const std::vector<Parameter>& parameters) {
    pqxx::params list;
    for (const Parameter& parameter : parameters)
        list.append(parameter);
#if PQXX_VERSION_MAJOR > 7 || PQXX_VERSION_MINOR >= 10
    return transaction.exec(sql, list);
#else
    return transaction.exec_params(sql, list);
#endif
}

using PqxxConnection = pqxx::connection;

std::unique_ptr<PqxxConnection> adopt(Handle handle) {
    return std::make_unique<pqxx::connection>(
        pqxx::connection::seize_raw_connection(handle.release()));
}

#else

pqxx::result execute(pqxx::transaction_base& transaction, const std::string& sql,
                     const std::vector<Parameter>& parameters) {
    std::vector<const char*> list;
    for (const Parameter& parameter : parameters)
        list.push_back(parameter ? parameter->c_str() : nullptr);
    return transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(list));
}

// 6.4 opens its connections through a policy, and opens them again, silently, when they are lost: a
// new backend, without the temporary tables, locks and settings of the old one. This policy hands
// out one open connection, once.
class OpenOnce final : public pqxx::connectionpolicy {
  public:
    explicit OpenOnce(Handle open) : connectionpolicy(""), open_(std::move(open)) {}
    handle do_startconnect(handle current) override {
        if (current) return current;
        if (!open_) throw pqxx::broken_connection("the connection was lost");
        return open_.release();
    }
    handle do_completeconnect(handle current) override { return current; }

  private:
    Handle open_;
};

class PqxxConnection final : public pqxx::connection_base {
  public:
    explicit PqxxConnection(Handle handle) : connection_base(policy_), policy_(std::move(handle)) {
        init();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        inhibit_reactivation(true);
#pragma GCC diagnostic pop
    }
    ~PqxxConnection() {
        close();
    }

  private:
    OpenOnce policy_;
};

std::unique_ptr<PqxxConnection> adopt(Handle handle) {
    return std::make_unique<PqxxConnection>(std::move(handle));
}

#endif

// -------------------------------------------------------------------------------------------------

// libpqxx keeps of a failed result only text and SQLSTATE. libpq shows us the result before libpqxx
// takes it.
int remember_failure(PGEventId event, void* info, void* failure) {
    if (event != PGEVT_RESULTCREATE) return 1;
    const auto* created = static_cast<PGEventResultCreate*>(info);
    const PGresult* result = created->result;
    if (PQresultStatus(result) == PGRES_FATAL_ERROR)
        static_cast<std::optional<DatabaseError>*>(failure)->emplace(
            error_of(created->conn, result));
    return 1;
}

Rows rows_of(const pqxx::result& result) {
    Rows rows;
    rows.affected = static_cast<std::size_t>(result.affected_rows());
    for (pqxx::row::size_type column = 0; column < result.columns(); ++column)
        rows.columns.emplace_back(result.column_name(column));
    rows.reserve(static_cast<std::size_t>(result.size()));
    for (const auto& row : result) {
        std::vector<std::optional<std::string>> fields;
        fields.reserve(rows.columns.size());
        for (const auto& field : row) {
            if (field.is_null()) {
                fields.emplace_back();
            } else {
                fields.emplace_back(std::in_place, field.c_str(),
                                    static_cast<std::size_t>(field.size()));
            }
        }
        rows.emplace_back(std::move(fields));
    }
    return rows;
}

// A NUL would silently end the text on its way through libpq.
void require_no_nul(const std::vector<Parameter>& parameters) {
    for (const Parameter& parameter : parameters)
        if (parameter && parameter->find('\0') != std::string::npos)
            throw DatabaseError(
                "a parameter contains a NUL character, which PostgreSQL can't store", "22021");
}

}  // namespace

struct Connection::State {
    State(const std::string& url, const std::string& application) {
        Handle opened = connect(url, application);
        handle = opened.get();
        if (PQregisterEventProc(handle, &remember_failure, "tidewheel", &failure) == 0)
            throw std::bad_alloc();
        pqxx = adopt(std::move(opened));
        ignore_notices(handle);  // libpqxx puts its own printer in
    }

    bool lost() const { return PQstatus(handle) == CONNECTION_BAD; }

    // Runs something of libpqxx and puts what it throws into our terms.
    template <class Action>
    auto guard(const char* doing, Action&& action) {
        failure.reset();
        try {
            return action();
        } catch (const pqxx::failure& error) {
            if (lost()) throw connection_lost(doing, error.what());
            if (failure) throw *failure;
            throw DatabaseError(one_line(error.what()), std::string(sqlstate::internal_error));
        }
    }

    // Of the statement being run; libpq writes it until `pqxx` is gone.
    std::optional<DatabaseError> failure;
    PGconn* handle = nullptr;  // libpqxx owns it, and never puts another in its place
    std::unique_ptr<PqxxConnection> pqxx;
};

Connection::Connection(const std::string& url, const std::string& application)
    : state_(std::make_unique<State>(url, application)) {}
Connection::~Connection() = default;

Rows Connection::query(const std::string& sql, const std::vector<Parameter>& parameters) {
    require_no_nul(parameters);
    return state_->guard("during a statement", [&] {
        pqxx::nontransaction alone(*state_->pqxx);
        Rows rows = rows_of(execute(alone, sql, parameters));
        alone.commit();
        return rows;
    });
}

// BEGIN and COMMIT are ours: pqxx::work of 6.4 ends a transaction at its first error, even behind a
// savepoint.
struct Transaction::State {
    explicit State(Connection::State& of)
        : connection(of), statements(of.guard("at BEGIN", [&] {
              auto opened = std::make_unique<pqxx::nontransaction>(*of.pqxx);
              opened->exec("BEGIN");
              return opened;
          })) {}

    // When the connection turns out to be lost, the server has rolled back, or will. (libpqxx 6.4
    // throws then, and leaks the result.)
    ~State() {
        if (PQtransactionStatus(connection.handle) == PQTRANS_IDLE || connection.lost()) return;
        const Result answer(PQexec(connection.handle, "ROLLBACK"));
    }

    Connection::State& connection;
    std::unique_ptr<pqxx::nontransaction> statements;
};

Transaction::Transaction(Connection& connection)
    : state_(std::make_unique<State>(*connection.state_)) {}
Transaction::~Transaction() = default;

Rows Transaction::query(const std::string& sql, const std::vector<Parameter>& parameters) {
    require_no_nul(parameters);
    return state_->connection.guard("during a statement", [&] {
        return rows_of(execute(*state_->statements, sql, parameters));
    });
}

void Transaction::run(const std::string& sql) {
    state_->connection.guard("during a statement", [&] { state_->statements->exec(sql); });
}

void Transaction::commit() {
    // PostgreSQL answers COMMIT with a quiet ROLLBACK after an error.
    if (PQtransactionStatus(state_->connection.handle) == PQTRANS_INERROR)
        throw DatabaseError("can't commit: a statement of the transaction failed", "25P02");
    state_->connection.guard("during COMMIT, whose outcome is unknown",
                             [&] { state_->statements->exec("COMMIT"); });
}

std::string quote_name(std::string_view name) {
    std::string quoted = "\"";
    for (const char character : name)
        quoted.append(character == '"' ? 2 : 1, character);
    return quoted + '"';
}

std::string quote_literal(std::string_view text) {
    std::string quoted = "'";
    for (const char character : text)
        quoted.append(character == '\'' ? 2 : 1, character);
    return quoted + '\'';
}

std::string text_array(const std::vector<std::string>& items) {
    return array_literal({items.begin(), items.end()});
}

std::string array_literal(const std::vector<Parameter>& items) {
    std::string literal = "{";
    for (const Parameter& item : items) {
        if (literal.size() > 1) literal += ',';
        if (!item) {
            literal += "NULL";
            continue;
        }
        literal += '"';
        for (const char character : *item) {
            if (character == '"' || character == '\\') literal += '\\';
            literal += character;
        }
        literal += '"';
    }
    return literal + '}';
}

}  // namespace tidewheel::postgres
