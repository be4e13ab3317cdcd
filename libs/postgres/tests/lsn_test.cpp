#include "tidewheel/postgres/lsn.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::postgres;

TEST_CASE("A place in the write-ahead log is written as PostgreSQL writes it") {
    CHECK(lsn_text(0) == "0/0");
    CHECK(lsn_text(0x16B374D848) == "16/B374D848");
    CHECK(lsn_text(0x100000001) == "1/1");
    CHECK(parse_lsn("16/B374D848") == 0x16B374D848);
    CHECK(parse_lsn("FFFFFFFF/FFFFFFFF") == ~Lsn{0});
    for (const char* bad : {"", "/", "1", "1/", "/1", "g/1", "1/100000000", "1/2/3", "-1/0"})
        CHECK(!parse_lsn(bad));
}
