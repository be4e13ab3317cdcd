#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/core/error.hpp"

// The control plane's way to PostgreSQL: libpqxx behind a surface that is the same for 6.4 and 7.10
// (the differences are in connection.cpp alone). The hot path is Session (session.hpp), by libpq.
namespace tidewheel::postgres {

// What may be at fault when PostgreSQL refuses a row, by the class of the error alone.
enum class Blame {
    server,        // never the row: an outage, a lock, a resource, damaged storage
    surroundings,  // as likely what a function or trigger uses: a table, a permission
    unknown,       // a trial has to tell
    row,           // plainly the row
};

// What PostgreSQL said. kind() follows from the SQLSTATE: unavailable for classes 08, 40, 53,
// 55P03, 57, 58, 25006 and for a lost connection, setting for 28 and 3D000, refused for the rest.
class DatabaseError : public Error {
  public:
    DatabaseError(const std::string& what, std::string sqlstate, int position = 0,
                  std::string hint = {}, std::string column = {}, bool in_function = false);
    const std::string& sqlstate() const {
        return sqlstate_;
    }  // empty: the connection was lost or never made
    int position() const {
        return position_;
    }  // of the error in the SQL text, characters from 1; 0: unknown
    const std::string& column() const {
        return column_;
    }  // that a constraint is about; empty: unknown
    // The row's own fault (classes 22, 23, 21000, P0001, 54000…), as against a failure of the
    // server or of the statement.
    bool is_about_data() const;
    // Of a row, where the statement itself runs over no row. 'cat dog'::tsquery and
    // 'nosuch'::regclass are errors of class 42, and so is what a policy (row-level security)
    // refuses: those are the row's. Inside a function or trigger, the same class may also be about
    // what that uses.
    Blame blame() const;

  private:
    std::string sqlstate_;
    int position_;
    std::string column_;
    bool in_function_;
};
Error::Kind kind_of(std::string_view sqlstate);
bool is_about_data(std::string_view sqlstate);

using Parameter = std::optional<std::string>;  // text form; nullopt: NULL

class Row {
  public:
    explicit Row(std::vector<std::optional<std::string>> fields) : fields_(std::move(fields)) {}
    bool is_null(std::size_t column) const { return !fields_.at(column); }
    const std::string& text(std::size_t column) const { return fields_.at(column).value(); }
    std::string text_or(std::size_t column, std::string fallback) const {
        return fields_.at(column).value_or(fallback);
    }
    std::int64_t integer(std::size_t column) const { return std::stoll(text(column)); }
    double number(std::size_t column) const { return std::stod(text(column)); }
    bool boolean(std::size_t column) const { return text(column) == "t"; }
    const std::optional<std::string>& field(std::size_t column) const { return fields_.at(column); }
    std::size_t size() const { return fields_.size(); }

  private:
    std::vector<std::optional<std::string>> fields_;
};

struct Rows : std::vector<Row> {
    std::vector<std::string> columns;
    std::size_t affected = 0;  // for INSERT, UPDATE, DELETE
    std::size_t inserted = 0;  // over all INSERTs of a script (Session::run alone)
    bool is_query = false;     // it returns rows, if only of no columns (Session::run alone)
};

class Connection;

// An open transaction: rolled back unless committed.
class Transaction {
  public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    // One statement with $1, $2… Every method throws DatabaseError.
    Rows query(const std::string& sql, const std::vector<Parameter>& parameters = {});
    void run(const std::string& sql);  // one or more statements, no parameters
    void commit();  // throws `unavailable` with an empty sqlstate when the outcome is unknown

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// One connection; one thread at a time. Session settings on connect: TimeZone UTC, DateStyle ISO,
// IntervalStyle postgres, extra_float_digits 1, client_min_messages warning,
// client_connection_check_interval 1s, application_name. It never reconnects by itself.
class Connection {
  public:
    explicit Connection(const std::string& url, const std::string& application = "tidewheel");
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // In a transaction of its own.
    Rows query(const std::string& sql, const std::vector<Parameter>& parameters = {});

  private:
    friend class Transaction;
    struct State;
    std::unique_ptr<State> state_;
};

// Which database a URL names, for messages: "shop on db1:5432", without user and password. Throws
// Error (setting) when it can't be read.
std::string address_in_words(const std::string& url);

std::string quote_name(std::string_view name);     // always with double quotes where needed
std::string quote_literal(std::string_view text);  // standard_conforming_strings
// '{"a",NULL}' for text[]-like parameters.
std::string array_literal(const std::vector<Parameter>& items);
std::string text_array(const std::vector<std::string>& items);  // of the same form

}  // namespace tidewheel::postgres
