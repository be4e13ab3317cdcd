#include "cli/terminal/table.hpp"

#include "cli/terminal/progress_bar.hpp"
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

TEST_CASE("a cell is one line, and nothing in it is a command to a terminal") {
    Table table({{"A"}, {"B"}});
    table.row({"x\n\x1b[2Jy\t", "z"});
    CHECK(table.text() ==
          "A                B\n"
          "x\\n\\u001b[2Jy\\t  z\n");
}

TEST_CASE("a table refuses a row of another width") {
    Table table({{"A"}, {"B"}});
    CHECK_THROWS(table.row({"only one"}));
}

TEST_CASE("a progress bar fills in proportion, and nothing to do is all done") {
    CHECK(bar_text("reading", 5, 10, 10) == "reading  [#####.....]  50 %  5 of 10");
    CHECK(bar_text("reading", 0, 0, 4) == "reading  [####]  100 %  0 of 0");
    CHECK(bar_text("reading", 20, 10, 4) == "reading  [####]  100 %  20 of 10");
}
