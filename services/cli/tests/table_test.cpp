#include "cli/table.hpp"

#include "cli/progress_bar.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::cli;

TEST_CASE("a table aligns its columns by characters, not bytes") {
    Table table({{"NAME"}, {"LAG", Table::Align::right}, {"NOTE"}});
    table.row({"größe", "7", "x"});
    table.row({"a", "1,000", ""});
    CHECK(table.text() ==
          "NAME     LAG  NOTE\n"
          "größe      7  x\n"
          "a      1,000\n");
}

TEST_CASE("a table refuses a row of another width") {
    Table table({{"A"}, {"B"}});
    CHECK_THROWS(table.row({"only one"}));
}

TEST_CASE("long text is cut at a character") {
    CHECK(shorten("abc", 3) == "abc");
    CHECK(shorten("abcd", 3) == "ab…");
    CHECK(shorten("äöüß", 3) == "äö…");
}

TEST_CASE("numbers, counts and durations read as people write them") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(grouped(-1000) == "-1,000");
    CHECK(plural(1, "row") == "1 row");
    CHECK(plural(2000, "row") == "2,000 rows");
    CHECK(rough_duration(0.25) == "250 ms");
    CHECK(rough_duration(75) == "1 min 15 s");
    CHECK(rough_duration(7320) == "2 h 2 min");
    CHECK(rough_duration(90000) == "1 d 1 h");
}

TEST_CASE("a progress bar fills in proportion, and nothing to do is all done") {
    CHECK(bar_text("reading", 5, 10, 10) == "reading  [#####.....]  50 %  5 of 10");
    CHECK(bar_text("reading", 0, 0, 4) == "reading  [####]  100 %  0 of 0");
    CHECK(bar_text("reading", 20, 10, 4) == "reading  [####]  100 %  20 of 10");
}
