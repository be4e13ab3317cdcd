#include "cli/terminal/text_diff.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::cli::diff_lines;
using tidewheel::cli::diff_text;

TEST_CASE("a diff shows changed lines with three around them, and leaves out the rest") {
    const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    CHECK(diff_text(diff_lines(before, "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"), "  ", false) ==
          "  …\n   2\n   3\n   4\n  -5\n  +five\n   6\n   7\n   8\n  …\n");
    CHECK(diff_text(diff_lines("a\nb", "b\nc"), "", false) == "-a\n b\n+c\n");
    CHECK(diff_text(diff_lines("", "x"), "", false) == "+x\n");
    CHECK(diff_text(diff_lines(before, before), "", false) == "…\n");
}

TEST_CASE("on a terminal what goes is red and what comes is green") {
    CHECK(diff_text(diff_lines("a", "b"), "", true) == "\x1b[31m-a\x1b[0m\n\x1b[32m+b\x1b[0m\n");
}
