#include "error_location.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::apply;
using postgres::DatabaseError;

namespace {

const PipelineFiles files{{{"p.sql", "-- first\n  INSERT INTO t\nSELECT größe, nosuch FROM s;\n"}}};

sql::Statement insert() {
    sql::Statement statement;
    statement.text = "INSERT INTO t\nSELECT größe, nosuch FROM s";
    statement.position = {"p.sql", 2, 3};
    return statement;
}

DatabaseError error_at(int position) {
    return DatabaseError("column doesn't exist", "42703", position);
}

}  // namespace

TEST_CASE("an error in a statement's own text leads to its line and column, in characters") {
    const sql::Statement statement = insert();
    const auto found = diagnostic_of(files, statement, error_at(29), statement.text);
    CHECK(found.position.line == 3);
    CHECK(found.position.column == 15);
    CHECK(found.source_line == "SELECT größe, nosuch FROM s;");
    CHECK(diagnostic_of(files, statement, error_at(1), statement.text).position.column == 3);
}

TEST_CASE("an error behind a prefix leads to the same place") {
    const sql::Statement statement = insert();
    const auto found =
        diagnostic_of(files, statement, error_at(8 + 29), "EXPLAIN " + statement.text);
    CHECK(found.position.line == 3);
    CHECK(found.position.column == 15);
}

TEST_CASE("an error in text made from the statement leads to the same word in it") {
    const auto found = diagnostic_of(files, insert(), error_at(10), "SELECT q.nosuch FROM q");
    CHECK(found.position.line == 3);
    CHECK(found.position.column == 15);
}

TEST_CASE("an error without a place leads to the statement") {
    const auto found = diagnostic_of(files, insert(), error_at(0), "EXPLAIN x");
    CHECK(found.position.line == 2);
    CHECK(found.position.column == 3);
}

TEST_CASE("a word is found whole and in any case, else the statement's start is the place") {
    CHECK(diagnostic_at_word(files, insert(), "FROM", "x").position.column == 22);
    CHECK(diagnostic_at_word(files, insert(), "Nosuch", "x").position.column == 15);
    CHECK(diagnostic_at_word(files, insert(), "such", "x").position.line == 2);
}

TEST_CASE("what PostgreSQL refuses is the statement's mistake") {
    const sql::Statement statement = insert();
    CHECK(blame(files, statement, statement.text, [] { return 7; }) == 7);
    try {
        blame(files, statement, statement.text, [] { throw error_at(29); });
        FAIL("nothing was thrown");
    } catch (const sql::PipelineError& error) {
        REQUIRE(error.diagnostics().size() == 1);
        CHECK(error.diagnostics()[0].position.line == 3);
        CHECK(error.diagnostics()[0].sqlstate == "42703");
    }
}

TEST_CASE("what was made from a statement points at its start") {
    try {
        blame(files, insert(), "", [] { throw error_at(29); });
        FAIL("nothing was thrown");
    } catch (const sql::PipelineError& error) {
        CHECK(error.diagnostics().at(0).position.line == 2);
        CHECK(error.diagnostics().at(0).position.column == 3);
    }
}

TEST_CASE("blame falls on what was executed last") {
    std::string executed;
    try {
        blame(files, insert(), executed, [&] {
            executed = insert().text;
            throw error_at(29);
        });
        FAIL("nothing was thrown");
    } catch (const sql::PipelineError& error) {
        CHECK(error.diagnostics().at(0).position.line == 3);
    }
}

TEST_CASE("an outage is not a mistake in the file") {
    CHECK_THROWS_AS(
        blame(files, insert(), "", [] { throw DatabaseError("server closed", "57P01", 0); }),
        DatabaseError);
}
