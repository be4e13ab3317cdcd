#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/testing/catch.hpp"

using tidewheel::postgres::address_in_words;

TEST_CASE("a database's address is shown without user and password") {
    CHECK(address_in_words("postgresql://etl:secret@db1:6432/shop") == "shop on db1:6432");
    CHECK(address_in_words("postgresql://etl@db1/shop?password=secret") == "shop on db1");
    CHECK(address_in_words("host=db2 dbname=shop password=secret") == "shop on db2");
    CHECK(address_in_words("port=6432 dbname=shop") == "shop on port 6432");
    CHECK(address_in_words("postgresql:///") == "the default database");
    CHECK_THROWS_AS(address_in_words("postgresql://etl:secret@word@db1/shop"), tidewheel::Error);
}
