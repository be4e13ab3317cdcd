#include "tidewheel/testing/stack.hpp"

#include <set>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;

TEST_CASE("eventually returns when the condition comes true, and looks until then") {
    int looks = 0;
    eventually("the third look", [&] { return ++looks == 3; });
    CHECK(looks == 3);
}

TEST_CASE("eventually fails by name when the condition stays false") {
    CHECK_THROWS_WITH(eventually(
                          "pigs fly", [] { return false; }, milliseconds(20)),
                      ContainsSubstring("pigs fly"));
}

TEST_CASE("eventually waits through errors that pass and reports those that don't") {
    int looks = 0;
    eventually("it is back", [&] {
        if (++looks < 3) throw Error(Error::Kind::unavailable, "the server is away");
        return true;
    });
    CHECK_THROWS_WITH(
        eventually(
            "it is back",
            []() -> bool { throw Error(Error::Kind::unavailable, "the server is away"); },
            milliseconds(20)),
        ContainsSubstring("the server is away"));
}

TEST_CASE("eventually doesn't wait through an error that will not pass") {
    int looks = 0;
    CHECK_THROWS_AS(eventually("never",
                               [&]() -> bool {
                                   ++looks;
                                   throw Error(Error::Kind::refused, "no");
                               }),
                    Error);
    CHECK(looks == 1);
}

TEST_CASE("unique names differ and are names for PostgreSQL and Kafka alike") {
    std::set<std::string> names;
    for (int i = 0; i < 1000; ++i)
        names.insert(unique("events"));
    CHECK(names.size() == 1000);
    for (const std::string& name : names) {
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
        CHECK(name.size() < 63);
    }
}

TEST_CASE("with_database changes the database and nothing else") {
    CHECK(with_database("postgresql://u:p@h:1/old", "new") == "postgresql://u:p@h:1/new");
    CHECK(with_database("postgresql://u:p@h:1/old?sslmode=disable", "new") ==
          "postgresql://u:p@h:1/new?sslmode=disable");
    CHECK(with_database("postgresql://h", "new") == "postgresql://h/new");
    CHECK(with_database("postgresql://h?a=/b", "new") == "postgresql://h/new?a=/b");
    CHECK_THROWS_WITH(with_database("host=h dbname=old", "new"),
                      ContainsSubstring("not a PostgreSQL URL"));
}
