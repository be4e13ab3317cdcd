#include "tidewheel/core/printable.hpp"

#include <sstream>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;

TEST_CASE("What a terminal would obey is shown, the rest stays") {
    CHECK(printable("price 3 \xE2\x82\xAC, 日本\n\tplain") ==
          "price 3 \xE2\x82\xAC, 日本\n\tplain");
    CHECK(printable("\x1b]0;title\x07\r\x7f") == "\\u001b]0;title\\u0007\\u000d\\u007f");
    CHECK(printable(std::string_view("\0", 1)) == "\\u0000");
    CHECK(printable("\xC2\x9B"
                    "31m") == "\\u009b31m");
    CHECK(printable("\u202Egnp\u202C \u2066x\u2069 \u200F\u061C\u2028") ==
          "\\u202egnp\\u202c \\u2066x\\u2069 \\u200f\\u061c\\u2028");
}

TEST_CASE("Bytes that are no UTF-8 are shown as bytes") {
    CHECK(printable("\x9b"
                    "31m") == "\\x9b31m");
    CHECK(printable("\xC0\x80 \xED\xA0\x80 \xF4\x90\x80\x80 \xE2\x82") ==
          "\\xc0\\x80 \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xe2\\x82");
}

TEST_CASE("One line stays one line") {
    CHECK(printable_line("a\nb\tc\x1b") == "a\\nb\\tc\\u001b");
}

TEST_CASE("A stream shows the same, in whatever pieces the text comes") {
    const std::string text = "a\x1b\u202E€\n\xC2\x9B \xE2\x82";
    std::ostringstream at_once, piecemeal;
    {
        PrintableStream out(at_once);
        out << text;
    }
    {
        PrintableStream out(piecemeal);
        for (const char byte : text)
            out << byte << std::flush;
    }
    CHECK(at_once.str() == printable(text));
    CHECK(piecemeal.str() == printable(text));
}

TEST_CASE("Only our own control sequences pass") {
    std::ostringstream target, plain;
    PrintableStream out(target);
    out << "\x1b[K";
    send_control(out, "\x1b[K");
    CHECK(target.str() == "\\u001b[K\x1b[K");
    send_control(plain, "\x1b[K");
    CHECK(plain.str() == "\x1b[K");
}

TEST_CASE("A stream whose target takes nothing fails") {
    struct Full final : std::streambuf {
    } full;
    std::ostream target(&full);
    PrintableStream out(target);
    out << "x";
    CHECK_FALSE(out);
}
