#include "hints.hpp"

#include "tidewheel/testing/catch.hpp"

using Catch::Matchers::ContainsSubstring;
using tidewheel::postgres::Asker;
using tidewheel::postgres::hint_for;

namespace {

const Asker asker{"etl", "shop"};

std::string privilege_hint(const std::string& message) {
    return hint_for("42501", message, asker);
}

}  // namespace

TEST_CASE("a privilege that lacks gets a hint that names the role, the object and the GRANT") {
    CHECK(privilege_hint("permission denied for schema public (line 1)") ==
          "Run GRANT USAGE, CREATE ON SCHEMA public TO etl as the schema's owner.");
    CHECK_THAT(privilege_hint("permission denied for schema tidewheel"),
               ContainsSubstring("make etl a member of it") &&
                   ContainsSubstring("`tidewheel init --owner etl`"));
    CHECK_THAT(privilege_hint("permission denied for schema tidewheel_old"),
               ContainsSubstring("ON SCHEMA tidewheel_old TO etl"));
    CHECK(privilege_hint("permission denied to create temporary tables in database \"shop\"") ==
          "Run GRANT TEMPORARY ON DATABASE shop TO etl as the database's owner.");
    CHECK(privilege_hint("permission denied for table orders") ==
          "Run GRANT SELECT, INSERT, UPDATE ON orders TO etl as its owner.");
    CHECK_THAT(privilege_hint("must be owner of materialized view daily"),
               ContainsSubstring("the owner of daily"));
    CHECK_THAT(privilege_hint("zugriff verweigert"),  // a server that speaks another language
               ContainsSubstring("role is etl") && ContainsSubstring("init --owner etl"));
}

TEST_CASE("what PostgreSQL leaves without a hint gets one that says the way out") {
    CHECK_THAT(hint_for("25006", "cannot execute CREATE TABLE in a read-only transaction", asker),
               ContainsSubstring("standby") && ContainsSubstring("primary") &&
                   ContainsSubstring("role etl"));
    CHECK_THAT(hint_for("57014", "canceling statement due to statement timeout", asker),
               ContainsSubstring("role etl") && ContainsSubstring("statement_timeout=0"));
    CHECK(hint_for("57014", "canceling statement due to user request", asker).empty());
    CHECK(hint_for("22012", "division by zero", asker).empty());
}
