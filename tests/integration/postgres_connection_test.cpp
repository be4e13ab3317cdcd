#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using Catch::Matchers::ContainsSubstring;
using tidewheel::Error;
using tidewheel::postgres::Connection;
using tidewheel::postgres::DatabaseError;
using tidewheel::postgres::Session;
using tidewheel::postgres::Transaction;
using tidewheel::testing::TemporaryDatabase;

namespace {

template <class Action>
DatabaseError failure_of(Action&& action) {
    try {
        action();
    } catch (const DatabaseError& error) {
        return error;
    }
    throw std::logic_error("nothing was thrown");
}

// A setting that overrides those of the URL: postgresql://… takes them as query parameters.
std::string with(const std::string& url, const std::string& setting) {
    return url + (url.find('?') == std::string::npos ? '?' : '&') + setting;
}

void terminate(Connection& by, const std::string& pid) {
    by.query("SELECT pg_terminate_backend($1::int, 10000)", {pid});
}

}  // namespace

TEST_CASE("parameters go and rows come as text, NULL included") {
    TemporaryDatabase database;
    Connection connection(database.url());
    const auto rows = connection.query(
        "SELECT $1::int + 1 AS sum, $2::text AS nothing, $3::text[] AS list, true AS yes",
        {"41", std::nullopt, tidewheel::postgres::array_literal({"a\"\\,", std::nullopt})});
    REQUIRE(rows.size() == 1);
    CHECK(rows.columns == std::vector<std::string>{"sum", "nothing", "list", "yes"});
    CHECK(rows[0].integer(0) == 42);
    CHECK(rows[0].is_null(1));
    CHECK(rows[0].text(2) == R"({"a\"\\,",NULL})");
    CHECK(rows[0].boolean(3));
}

TEST_CASE("quoted names and literals mean what was quoted") {
    TemporaryDatabase database;
    Connection connection(database.url());
    const std::string hostile = R"(a"b'c\d; DROP TABLE x --)";
    const auto rows = connection.query("SELECT " + tidewheel::postgres::quote_literal(hostile) +
                                       " AS " + tidewheel::postgres::quote_name(hostile));
    CHECK(rows.columns.front() == hostile);
    CHECK(rows.front().text(0) == hostile);
}

TEST_CASE("a transaction is rolled back unless committed, whichever way its first statement went") {
    TemporaryDatabase database;
    Connection connection(database.url());
    connection.query("CREATE TABLE t (n int)");
    {
        Transaction dropped(connection);
        CHECK(dropped.query("INSERT INTO t VALUES ($1)", {"1"}).affected == 1);
    }
    {
        Transaction dropped(connection);
        dropped.run("INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)");
    }
    CHECK(connection.query("SELECT count(*) FROM t").front().integer(0) == 0);
    {
        Transaction kept(connection);
        kept.query("INSERT INTO t VALUES ($1)", {"4"});
        kept.commit();
    }
    CHECK(connection.query("SELECT n FROM t").front().integer(0) == 4);
}

TEST_CASE("a transaction that has failed can't be committed") {
    TemporaryDatabase database;
    Connection connection(database.url());
    connection.query("CREATE TABLE t (n int)");
    Transaction transaction(connection);
    transaction.run("INSERT INTO t VALUES (1)");
    CHECK(failure_of([&] { transaction.query("SELECT 1 / 0"); }).sqlstate() == "22012");
    CHECK(failure_of([&] { transaction.commit(); }).sqlstate() == "25P02");
}

TEST_CASE("an error carries SQLSTATE, position, detail and hint") {
    TemporaryDatabase database;
    Connection connection(database.url());
    const auto typo =
        failure_of([&] { connection.query("SELECT 1 FROM pg_class WHERE relnam = 'x'"); });
    CHECK(typo.sqlstate() == "42703");
    CHECK(typo.position() == 30);
    CHECK_THAT(typo.hint(), ContainsSubstring("pg_class.relname"));
    CHECK(typo.kind() == Error::Kind::refused);
    CHECK_FALSE(typo.is_about_data());

    connection.query("CREATE TABLE t (n int PRIMARY KEY)");
    connection.query("INSERT INTO t VALUES (1)");
    const auto duplicate = failure_of([&] { connection.query("INSERT INTO t VALUES (1)"); });
    CHECK(duplicate.sqlstate() == "23505");
    CHECK_THAT(duplicate.what(), ContainsSubstring("t_pkey") && ContainsSubstring("(n)=(1)"));
    CHECK(duplicate.is_about_data());
    // The connection is as good as before.
    CHECK(connection.query("SELECT 1").front().integer(0) == 1);
}

TEST_CASE("both kinds of connection have the documented session settings") {
    TemporaryDatabase database;
    Connection connection(database.url(), "tidewheel-test");
    Session session(database.url(), "tidewheel-test");
    const std::string ask =
        "SELECT string_agg(current_setting(name), ' ' ORDER BY n) FROM "
        "unnest('{TimeZone,DateStyle,IntervalStyle,"
        "extra_float_digits,client_min_messages,client_connection_check_interval,application_name,"
        "client_encoding}'"
        "::text[]) WITH ORDINALITY AS of(name, n)";
    const std::string expected = "UTC ISO, MDY postgres 1 warning 1s tidewheel-test UTF8";
    CHECK(connection.query(ask).front().text(0) == expected);
    CHECK(session.run(ask).front().text(0) == expected);
    CHECK(session.run("SHOW jit").front().text(0) == "off");
}

TEST_CASE("what the URL sets wins over our defaults") {
    TemporaryDatabase database;
    Connection connection(with(database.url(), "application_name=mine"), "tidewheel-test");
    CHECK(connection.query("SHOW application_name").front().text(0) == "mine");
}

TEST_CASE("notices are not printed") {
    TemporaryDatabase database;
    int out[2];
    REQUIRE(pipe(out) == 0);
    const int standard_error = dup(STDERR_FILENO);
    dup2(out[1], STDERR_FILENO);
    {
        Connection connection(database.url());
        connection.query("DO $$ BEGIN RAISE WARNING 'not to be seen'; END $$");
        Session session(database.url(), "tidewheel-test");
        session.run("DO $$ BEGIN RAISE WARNING 'not to be seen'; END $$");
    }
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    close(out[1]);
    char byte;
    CHECK(read(out[0], &byte, 1) == 0);
    close(out[0]);
}

TEST_CASE("a database that is missing is a wrong setting") {
    TemporaryDatabase database;
    const std::string missing = tidewheel::testing::unique("no_such");
    std::string url = database.url();
    url.replace(url.rfind(database.name()), database.name().size(), missing);
    const auto check = [&](const DatabaseError& error) {
        CHECK(error.sqlstate() == "3D000");
        CHECK(error.kind() == Error::Kind::setting);
        CHECK_THAT(error.what(), ContainsSubstring(missing));
        CHECK_FALSE(error.hint().empty());
    };
    check(failure_of([&] { Connection connection(url); }));
    check(failure_of([&] { Session session(url, "tidewheel-test"); }));
}

TEST_CASE("a role that is missing is a wrong setting") {
    TemporaryDatabase database;
    const auto error = failure_of(
        [&] { Connection connection(with(database.url(), "user=no_such_role&password=x")); });
    CHECK(error.sqlstate().starts_with("28"));
    CHECK(error.kind() == Error::Kind::setting);
}

TEST_CASE("a wrong password is a wrong setting, and no message shows it", "[password]") {
    TemporaryDatabase database;
    const std::string role = tidewheel::testing::unique("with_password");
    Connection(database.url()).query("CREATE ROLE " + role + " LOGIN PASSWORD 'right'");
    const std::string url = with(database.url(), "user=" + role);
    bool refused = false;
    try {
        Connection connection(with(url, "password=se%20cret"));
    } catch (const DatabaseError& error) {
        refused = true;
        CHECK(error.sqlstate() == "28P01");
        CHECK(error.kind() == Error::Kind::setting);
        CHECK_THAT(error.what() + error.hint(),
                   !ContainsSubstring("se cret") && !ContainsSubstring("se%20cret"));
    }
    const bool passwords_asked =
        Connection(database.url())
            .query(
                "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method LIKE 'scram%'"
                " AND 'all' = ANY (user_name)")
            .front()
            .integer(0) > 0;
    CHECK((refused || !passwords_asked));
    Connection(database.url()).query("DROP ROLE " + role);
}

TEST_CASE("a URL that can't be read is a wrong setting, and no message shows it") {
    for (const std::string url : {"postgres//me:secret@host/db", "postgresql://me:se@cret@host/db",
                                  "postgresql://me:secret@[host/db"}) {
        try {
            Connection connection(url);
            FAIL("accepted " << url);
        } catch (const Error& error) {
            CHECK(error.kind() == Error::Kind::setting);
            CHECK_THAT(error.what() + error.hint(), !ContainsSubstring("cret"));
        }
    }
}

TEST_CASE("a server that is not there is unavailable") {
    // Bound, not listening: nobody else can take the port and nobody answers.
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const std::string url =
        "postgresql://me@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/db";
    const auto error = failure_of([&] { Connection connection(url); });
    close(socket);
    CHECK(error.kind() == Error::Kind::unavailable);
    CHECK(error.sqlstate().empty());
    CHECK_THAT(error.what(), ContainsSubstring("127.0.0.1"));
}

TEST_CASE("too many connections is unavailable, by its SQLSTATE") {
    TemporaryDatabase database;
    Connection superuser(database.url());
    const std::string role = tidewheel::testing::unique("alone");
    superuser.query("CREATE ROLE " + role + " LOGIN PASSWORD 'right' CONNECTION LIMIT 0");
    const auto error = failure_of(
        [&] { Connection connection(with(database.url(), "user=" + role + "&password=right")); });
    CHECK(error.sqlstate() == "53300");
    CHECK(error.kind() == Error::Kind::unavailable);
    superuser.query("DROP ROLE " + role);
}

TEST_CASE("a lost connection is unavailable and stays lost") {
    TemporaryDatabase database;
    Connection other(database.url());
    Connection connection(database.url());
    connection.query("CREATE TEMP TABLE mine (n int)");
    terminate(other, connection.query("SELECT pg_backend_pid()").front().text(0));
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto error = failure_of([&] { connection.query("SELECT 1"); });
        CHECK(error.kind() == Error::Kind::unavailable);
        CHECK(error.sqlstate().empty());
    }
    CHECK(failure_of([&] {
              Transaction transaction(connection);
              transaction.run("SELECT 1");
          })
              .sqlstate()
              .empty());
}

TEST_CASE("a connection lost during COMMIT leaves the outcome unknown") {
    TemporaryDatabase database;
    Connection other(database.url());
    other.query("CREATE TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    // The deferred trigger holds COMMIT up until this lock is gone, which leaves time to end the
    // backend.
    other.query(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$");
    other.query(
        "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION hold()");
    other.query("SELECT pg_advisory_lock(1)");

    Connection connection(database.url());
    const std::string pid = connection.query("SELECT pg_backend_pid()").front().text(0);
    auto outcome = std::async(std::launch::async, [&] {
        Transaction transaction(connection);
        transaction.run("INSERT INTO t VALUES (1)");
        return failure_of([&] { transaction.commit(); });
    });
    tidewheel::testing::eventually("COMMIT waits", [&] {
        return other
                   .query(
                       "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int AND query LIKE "
                       "'COMMIT%' AND"
                       " wait_event_type = 'Lock'",
                       {pid})
                   .front()
                   .integer(0) == 1;
    });
    terminate(other, pid);
    const DatabaseError error = outcome.get();
    CHECK(error.kind() == Error::Kind::unavailable);
    CHECK(error.sqlstate().empty());
    CHECK_THAT(error.what(), ContainsSubstring("unknown"));
}
