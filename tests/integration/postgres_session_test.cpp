#include <bit>
#include <cmath>
#include <limits>

#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/postgres/sqlstate.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using Catch::Matchers::ContainsSubstring;
using tidewheel::Error;
using tidewheel::engine::Kind;
using tidewheel::engine::Numeric;
using tidewheel::engine::Uuid;
using tidewheel::engine::Vector;
using tidewheel::postgres::BinaryCommand;
using tidewheel::postgres::Connection;
using tidewheel::postgres::CopyEncoder;
using tidewheel::postgres::DatabaseError;
using tidewheel::postgres::Session;
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

std::string integers(std::int32_t from, std::int32_t to) {
    CopyEncoder out;
    out.begin();
    for (std::int32_t n = from; n < to; ++n) {
        out.row(1);
        out.int32(n);
    }
    out.finish();
    return std::string(out.payload());
}

// What PostgreSQL reads from the wire form of one value and of one NULL, as text.
template <class T>
std::string stored(Session& session, const std::string& type, Kind kind, const T& value) {
    Vector column(kind);
    column.resize(2);
    column.set(0, value);
    CopyEncoder out;
    out.begin();
    for (std::size_t row = 0; row < 2; ++row) {
        out.row(1);
        encode(out, column, row);
    }
    out.finish();
    session.run("CREATE TEMP TABLE one (value " + type + ")");
    const std::size_t copied = session.copy("COPY one FROM STDIN (FORMAT binary)", out.payload());
    REQUIRE(copied == 2);
    const auto rows =
        session.run("SELECT value::text FROM one WHERE value IS NOT NULL; DROP TABLE one");
    REQUIRE(rows.size() == 1);
    return rows[0].text(0);
}

constexpr std::int64_t noon = (9 * 3600LL + 30 * 60) * 1'000'000 + 1;  // 09:30:00.000001

}  // namespace

TEST_CASE("a script runs in one go: rows of the last query, counts of the INSERTs") {
    TemporaryDatabase database;
    Session session(database.url(), "tidewheel-test");
    const auto rows = session.run(
        "CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 5); SELECT 'first'; "
        "DELETE FROM t WHERE n = 1;"
        "INSERT INTO t VALUES (6), (7); SELECT n, NULL AS nothing FROM t ORDER BY n; UPDATE t SET "
        "n = 0 WHERE n > 4");
    REQUIRE(rows.size() == 6);
    CHECK(rows.columns == std::vector<std::string>{"n", "nothing"});
    CHECK(rows[0].text(0) == "2");
    CHECK(rows[0].is_null(1));
    CHECK(rows.affected == 3);
    CHECK(rows.inserted == 7);
}

TEST_CASE("a script stops at its first error and leaves the session usable") {
    TemporaryDatabase database;
    Session session(database.url(), "tidewheel-test");
    session.run("CREATE TABLE t (n int)");
    session.run("BEGIN");
    CHECK(session.in_transaction());
    const auto error = failure_of(
        [&] { session.run("INSERT INTO t VALUES (1); SELECT 1 / 0; INSERT INTO t VALUES (2)"); });
    CHECK(error.sqlstate() == "22012");
    CHECK(error.is_about_data());
    CHECK(session.in_transaction());
    session.run("ROLLBACK");
    CHECK_FALSE(session.in_transaction());
    CHECK(session.run("SELECT count(*) FROM t").front().integer(0) == 0);
}

TEST_CASE("COPY through run is refused and harms nothing") {
    TemporaryDatabase database;
    Session session(database.url(), "tidewheel-test");
    session.run("CREATE TABLE t (n int)");
    CHECK_THAT(failure_of([&] { session.run("COPY t FROM STDIN"); }).what(),
               ContainsSubstring("Session::copy"));
    CHECK_THROWS_AS(session.copy("SELECT 1", ""), DatabaseError);
    CHECK(session.run("SELECT count(*) FROM t").front().integer(0) == 0);
}

TEST_CASE("COPY stores a payload of many megabytes whole") {
    TemporaryDatabase database;
    Session session(database.url(), "tidewheel-test");
    session.run("CREATE TABLE t (n int)");
    const std::string payload = integers(0, 500'000);
    REQUIRE(payload.size() > 4'000'000);
    CHECK(session.copy("COPY t FROM STDIN (FORMAT binary)", payload) == 500'000);
    const auto rows = session.run("SELECT count(DISTINCT n), max(n) FROM t");
    CHECK(rows[0].integer(0) == 500'000);
    CHECK(rows[0].integer(1) == 499'999);
}

TEST_CASE("a COPY that fails stores nothing, says where, and leaves the session usable") {
    TemporaryDatabase database;
    Session session(database.url(), "tidewheel-test");
    session.run("CREATE TABLE t (n int CHECK (n <> 3000))");
    const auto refused = failure_of(
        [&] { session.copy("COPY t FROM STDIN (FORMAT binary)", integers(0, 400'000)); });
    CHECK(refused.sqlstate() == "23514");
    CHECK_THAT(refused.what(), ContainsSubstring("line 3001"));

    std::string cut = integers(0, 10);
    cut.resize(cut.size() - 5);
    CHECK(failure_of([&] { session.copy("COPY t FROM STDIN (FORMAT binary)", cut); }).sqlstate() ==
          "22P04");
    CHECK(failure_of([&] {
              session.copy("COPY missing FROM STDIN (FORMAT binary)", cut);
          }).sqlstate() == "42P01");
    CHECK(session.run("SELECT count(*) FROM t").front().integer(0) == 0);
    CHECK(session.copy("COPY t FROM STDIN (FORMAT binary)", integers(0, 10)) == 10);
}

TEST_CASE("a session whose backend was ended is broken and unavailable") {
    TemporaryDatabase database;
    Connection other(database.url());
    const auto terminate = [&](const Session& session) {
        other.query("SELECT pg_terminate_backend($1::int, 10000)",
                    {std::to_string(session.backend_pid())});
    };
    const auto check = [](const Session& session, const DatabaseError& error) {
        CHECK(error.kind() == Error::Kind::unavailable);
        CHECK(error.sqlstate().empty());
        CHECK(session.broken());
    };
    SECTION("before a statement") {
        Session session(database.url(), "tidewheel-test");
        CHECK_FALSE(session.broken());
        terminate(session);
        check(session, failure_of([&] { session.run("SELECT 1"); }));
        check(session, failure_of([&] { session.run("SELECT 1"); }));
    }
    SECTION("before COPY") {
        Session session(database.url(), "tidewheel-test");
        session.run("CREATE TEMP TABLE t (n int)");
        terminate(session);
        check(session, failure_of([&] {
                  session.copy("COPY t FROM STDIN (FORMAT binary)", integers(0, 10));
              }));
    }
    SECTION("by itself, in the middle of a script") {
        Session session(database.url(), "tidewheel-test");
        check(session, failure_of([&] {
                  session.run("SELECT 1; SELECT pg_terminate_backend(pg_backend_pid()); SELECT 2");
              }));
    }
}

TEST_CASE("every kind of value arrives as it was sent") {
    TemporaryDatabase database;
    Session session(database.url(), "tidewheel-test");
    using I32 = std::int32_t;
    using I64 = std::int64_t;
    CHECK(stored(session, "boolean", Kind::boolean, std::uint8_t{1}) == "true");
    CHECK(stored(session, "boolean", Kind::boolean, std::uint8_t{0}) == "false");
    CHECK(stored(session, "smallint", Kind::int16, I32{-32768}) == "-32768");
    CHECK(stored(session, "integer", Kind::int32, I32{-2147483647 - 1}) == "-2147483648");
    CHECK(stored(session, "bigint", Kind::int64, std::numeric_limits<I64>::min()) ==
          "-9223372036854775808");
    CHECK(stored(session, "real", Kind::float32, 1.1) == "1.1");
    CHECK(stored(session, "double precision", Kind::float64, 0.1 + 0.2) == "0.30000000000000004");
    CHECK(stored(session, "double precision", Kind::float64,
                 -std::numeric_limits<double>::infinity()) == "-Infinity");
    CHECK(stored(session, "date", Kind::date, I32{9262}) == "2025-05-11");
    CHECK(stored(session, "date", Kind::date, I32{-1}) == "1999-12-31");
    CHECK(stored(session, "time", Kind::time, noon) == "09:30:00.000001");
    CHECK(stored(session, "timestamp", Kind::timestamp, I64{-1}) == "1999-12-31 23:59:59.999999");
    CHECK(stored(session, "timestamptz", Kind::timestamptz, noon) ==
          "2000-01-01 09:30:00.000001+00");
    CHECK(stored(session, "uuid", Kind::uuid,
                 Uuid{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}}) ==
          "00010203-0405-0607-0809-0a0b0c0d0eff");
    CHECK(stored(session, "text", Kind::text, std::string_view("Grüße\t\\N\n")) == "Grüße\t\\N\n");
    CHECK(stored(session, "text", Kind::text, std::string_view("")).empty());
    CHECK(stored(session, "varchar(3)", Kind::varchar, std::string_view("äöü")) == "äöü");
    CHECK(stored(session, "json", Kind::json, std::string_view("{\"a\": 1,  \"a\":2}")) ==
          "{\"a\": 1,  \"a\":2}");
    CHECK(stored(session, "jsonb", Kind::jsonb, std::string_view("{\"b\":1.10,\"a\":[]}")) ==
          "{\"a\": [], \"b\": 1.10}");
    CHECK(stored(session, "jsonb", Kind::other, std::string_view("[1, null]")) == "[1, null]");
    CHECK(stored(session, "numeric", Kind::numeric, Numeric::of(125, 1, 1)) == "12.5");
    CHECK(stored(session, "numeric", Kind::numeric, Numeric::of(-5, 5, 7)) == "-0.0000500");
    // Two digits of base 10000, weight 0, positive, scale 1.
    CHECK(stored(session, "numeric", Kind::numeric,
                 Numeric::of_wire({"\0\2\0\0\0\0\0\1\0\14\23\210", 12})) == "12.5");
}

TEST_CASE("a NUL character is refused by COPY as the fault of the data") {
    TemporaryDatabase database;
    Session session(database.url(), "tidewheel-test");
    const auto error =
        failure_of([&] { stored(session, "text", Kind::text, std::string_view("a\0b", 3)); });
    CHECK(error.sqlstate() == "22021");
    CHECK(error.is_about_data());
}

TEST_CASE("session: several commands in one round trip") {
    TemporaryDatabase database;
    Session session(database.url(), "test");
    session.run("CREATE TABLE t (n integer PRIMARY KEY, word text)");
    const auto count = [&] { return session.run("SELECT count(*) FROM t").at(0).text(0); };
    const std::string insert = "INSERT INTO t VALUES ($1::integer, $2)";
    const auto rows = session.run({{"BEGIN"},
                                   {insert, {"1", "one"}},
                                   {insert, {"2", std::nullopt}},
                                   {"SELECT n, word FROM t WHERE n >= $1 ORDER BY n", {"1"}},
                                   {"COMMIT"}});
    REQUIRE(rows.size() == 2);
    CHECK(rows.at(0).text(1) == "one");
    CHECK(rows.at(1).is_null(1));
    CHECK_FALSE(session.in_transaction());
    CHECK(count() == "2");
    CHECK(session.run("SELECT FROM t").size() == 2);  // rows of no columns
    CHECK(session.run({{"SELECT 1"}, {"SELECT FROM t WHERE n > 2"}}).empty());

    // Nothing after a failure is run, and the session can be used on.
    const DatabaseError failure = failure_of([&] {
        session.run({{"BEGIN"}, {insert, {"3", "three"}}, {insert, {"1", "again"}}, {"COMMIT"}});
    });
    CHECK(failure.sqlstate() == tidewheel::postgres::sqlstate::unique_violation);
    CHECK(session.in_transaction());
    session.run("ROLLBACK");
    CHECK(count() == "2");
    CHECK_THROWS_AS(session.run({{"SELECT 1"}, {"SELECT nothing FROM nowhere"}}), DatabaseError);
    CHECK(session.run({{"SELECT $1::integer + 1", {"1"}}}).at(0).integer(0) == 2);
}

TEST_CASE("session: what is to begin with runs before the next command, once") {
    TemporaryDatabase database;
    Session session(database.url(), "test");
    session.run("CREATE TEMP TABLE begun (n integer); CREATE TEMP TABLE t (n integer)");
    const std::string three = "SELECT 3";
    const std::vector<BinaryCommand> commands{{three, {}}, {three, {}}};
    session.begin_with({{"BEGIN"}, {"INSERT INTO begun VALUES ($1::integer)", {"1"}}},
                       [](const auto&) { FAIL("nothing fails"); });

    SECTION("binary commands: only theirs are returned") {
        const auto results = session.run(commands);
        REQUIRE(results.size() == 2);
        CHECK(results[0].at(0).integer(0) == 3);
    }
    SECTION("a script") {
        CHECK(session.run("SELECT 3; SELECT 4").at(0).integer(0) == 4);
    }
    SECTION("text commands") {
        CHECK(session.run({{"SELECT 5"}, {"SELECT 6"}}).at(0).integer(0) == 6);
    }
    SECTION("COPY") {
        CHECK(session.copy("COPY t FROM STDIN (FORMAT binary)", integers(0, 7)) == 7);
    }
    CHECK(session.in_transaction());
    CHECK(session.run("SELECT count(*) FROM begun").at(0).integer(0) == 1);
    session.run("ROLLBACK");
    CHECK(session.run("SELECT count(*) FROM begun").at(0).integer(0) == 0);
}

TEST_CASE("session: after a beginning that fails nothing is run") {
    TemporaryDatabase database;
    Session session(database.url(), "test");
    session.run("CREATE TABLE t (n integer)");
    const auto count = [&] { return session.run("SELECT count(*) FROM t").at(0).integer(0); };
    const std::string insert = "INSERT INTO t VALUES (1)", fails = "SELECT 1 / 0";
    const std::vector<BinaryCommand> commands{{insert, {}}};
    std::string heard;
    const auto begin = [&](const std::string& sql, bool ours) {
        heard.clear();
        session.begin_with({{"SELECT 1"}, {sql}}, [&heard, ours](const DatabaseError& error) {
            heard = error.sqlstate();
            if (ours) throw Error(Error::Kind::fenced, "not ours");
        });
    };

    begin(fails, true);
    CHECK_THROWS_WITH(session.run(commands), ContainsSubstring("not ours"));
    CHECK(heard == "22012");
    CHECK(count() == 0);

    begin(fails, false);
    CHECK(failure_of([&] { session.run(commands); }).sqlstate() == "22012");
    CHECK(heard == "22012");
    CHECK(count() == 0);

    begin(fails, true);
    CHECK_THROWS_WITH(session.run("INSERT INTO t VALUES (1)"), ContainsSubstring("not ours"));
    CHECK(count() == 0);

    // What fails behind it is no failure of the beginning.
    begin("SELECT 2", true);
    CHECK(failure_of([&] { session.run({{insert}, {fails}}); }).sqlstate() == "22012");
    CHECK(heard.empty());
    CHECK(count() == 0);  // one round trip outside of a transaction is one transaction
}

TEST_CASE("session: a connection that ends among several commands") {
    TemporaryDatabase database;
    Session session(database.url(), "test");
    const DatabaseError failure = failure_of([&] {
        session.run({{"BEGIN"},
                     {"SELECT pg_terminate_backend(pg_backend_pid())"},
                     {"SELECT pg_sleep(60)"},
                     {"COMMIT"}});
    });
    CHECK(failure.retryable());
    CHECK(session.broken());
}
