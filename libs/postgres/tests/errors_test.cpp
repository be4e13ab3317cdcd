#include "errors.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::Error;
using tidewheel::postgres::array_literal;
using tidewheel::postgres::Blame;
using tidewheel::postgres::DatabaseError;
using tidewheel::postgres::is_about_data;
using tidewheel::postgres::kind_of;
using tidewheel::postgres::one_line;
using tidewheel::postgres::quote_literal;
using tidewheel::postgres::quote_name;

TEST_CASE("what passes by itself is unavailable") {
    for (const char* sqlstate : {"", "08006", "25006", "40001", "40P01", "53300", "53100", "55P03",
                                 "57P01", "57P03", "57014", "58030"}) {
        INFO(sqlstate);
        CHECK(kind_of(sqlstate) == Error::Kind::unavailable);
        CHECK(DatabaseError("x", sqlstate).retryable());
        CHECK_FALSE(is_about_data(sqlstate));
    }
}

TEST_CASE("a wrong user, password or database is a setting") {
    for (const char* sqlstate : {"28P01", "28000", "3D000"})
        CHECK(kind_of(sqlstate) == Error::Kind::setting);
}

TEST_CASE("everything else is refused") {
    for (const char* sqlstate : {"42P01", "42501", "42601", "22012", "23505", "25P02", "55006",
                                 "3F000", "XX000", "0A000"}) {
        INFO(sqlstate);
        CHECK(kind_of(sqlstate) == Error::Kind::refused);
    }
}

TEST_CASE("a row's own fault is told from that of the statement") {
    for (const char* sqlstate :
         {"21000", "22001", "22003", "22P02", "23502", "23505", "23514", "44000", "54000", "P0001",
          "20000", "38000", "2F005", "ZZ001", "U0001"}) {
        INFO(sqlstate);
        CHECK(is_about_data(sqlstate));
        CHECK(DatabaseError("x", sqlstate).is_about_data());
    }
    for (const char* sqlstate : {"42P01", "42703", "42501", "42883", "25P02", "P0000", "XX000",
                                 "2F003", "2200H", "53100", "55P03", "57014", "58030", "40P01"}) {
        INFO(sqlstate);
        CHECK_FALSE(is_about_data(sqlstate));
    }
}

TEST_CASE("where to look for the fault follows from the class, and from where it was raised") {
    const auto blame = [](const char* sqlstate, bool in_function = false) {
        return DatabaseError("x", sqlstate, 0, "", "", in_function).blame();
    };
    for (const char* sqlstate :
         {"", "08006", "25006", "40P01", "53200", "55P03", "57014", "58030", "XX001", "XX002"}) {
        INFO(sqlstate);
        CHECK(blame(sqlstate, true) == Blame::server);
    }
    for (const char* sqlstate : {"22P02", "23505", "54000", "P0001", "42704", "42501"}) {
        INFO(sqlstate);
        CHECK(blame(sqlstate) == Blame::row);
    }
    for (const char* sqlstate : {"42P01", "42501", "42704", "3F000", "HV00N"}) {
        INFO(sqlstate);
        CHECK(blame(sqlstate, true) == Blame::surroundings);
    }
    for (const char* sqlstate : {"XX000", "0A000", "2200H", "55000", "2D000"}) {
        INFO(sqlstate);
        CHECK(blame(sqlstate) == Blame::unknown);
        CHECK(blame(sqlstate, true) == Blame::unknown);
    }
}

TEST_CASE("a database error keeps what it was given") {
    const DatabaseError error("what", "42703", 12, "hint");
    CHECK(std::string(error.what()) == "what");
    CHECK(error.sqlstate() == "42703");
    CHECK(error.position() == 12);
    CHECK(error.hint() == "hint");
}

TEST_CASE("a message of several lines becomes one") {
    CHECK(one_line("connection failed: FATAL:  no\n\tIs it running?\n") ==
          "connection failed: FATAL:  no Is it running?");
    CHECK(one_line("\n").empty());
    CHECK(one_line("").empty());
}

TEST_CASE("names, literals and arrays are quoted") {
    CHECK(quote_name("plain") == "\"plain\"");
    CHECK(quote_name("a\"b") == "\"a\"\"b\"");
    CHECK(quote_literal("it's \\ fine") == "'it''s \\ fine'");
    CHECK(array_literal({}) == "{}");
    CHECK(array_literal({"a", std::nullopt, "", "NULL", "\"\\,{}"}) ==
          R"({"a",NULL,"","NULL","\"\\,{}"})");
}
