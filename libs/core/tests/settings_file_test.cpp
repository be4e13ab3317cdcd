#include "settings_file.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using Catch::Matchers::ContainsSubstring;
using tidewheel::Error;
using tidewheel::parse_settings_file;

namespace {

std::string only_value(std::string_view text) {
    const auto settings = parse_settings_file(text);
    REQUIRE(settings.size() == 1);
    REQUIRE(settings[0].values.size() == 1);
    return settings[0].values[0];
}

}  // namespace

TEST_CASE("Bare, literal and basic values are read, and comments are not") {
    const auto settings = parse_settings_file("# ours\n\nkafka = a:9092 # one\r\nlinger=5s\n");
    REQUIRE(settings.size() == 2);
    CHECK(settings[0].key == "kafka");
    CHECK(settings[0].values == std::vector<std::string>{"a:9092"});
    CHECK(settings[0].line == 3);
    CHECK(settings[1].key == "linger");
    CHECK(settings[1].line == 4);
    CHECK(only_value("key = 'a#b,c\\'") == "a#b,c\\");
    CHECK(only_value(R"(key = "say \"a#b\" \\")") == R"(say "a#b" \)");
    CHECK(only_value("key = ''").empty());
}

TEST_CASE("An array may span lines and may end with a comma") {
    const auto settings =
        parse_settings_file("k = [\n  'a=1', # first\n  \"b=2,3\",\n]\nl = [x, y]\nm = []");
    REQUIRE(settings.size() == 3);
    CHECK(settings[0].values == std::vector<std::string>{"a=1", "b=2,3"});
    CHECK(settings[1].values == std::vector<std::string>{"x", "y"});
    CHECK(settings[1].line == 5);
    CHECK(settings[2].values.empty());
}

TEST_CASE("A mistake in the file names its line") {
    const auto message = [](std::string_view text) -> std::string {
        try {
            parse_settings_file(text);
        } catch (const Error& error) {
            return error.what();
        }
        return "accepted";
    };
    CHECK_THAT(message("a = 1\nnonsense\n"), ContainsSubstring("line 2: expected key = value"));
    CHECK_THAT(message("a =\n"), ContainsSubstring("line 1: the value is missing"));
    CHECK_THAT(message("a = 'b\nc'"), ContainsSubstring("line 1: unterminated string"));
    CHECK_THAT(message("a = \"b"), ContainsSubstring("line 1: unterminated string"));
    CHECK_THAT(message("a = \"\\n\""), ContainsSubstring("line 1: only"));
    CHECK_THAT(message("a = [b, c"), ContainsSubstring("line 1: expected ',' or ']'"));
    CHECK_THAT(message("a = 'b' c"), ContainsSubstring("line 1: unexpected text after"));
    CHECK_THAT(message("[worker]\n"), ContainsSubstring("line 1: sections"));
    CHECK_THAT(message("= 1"), ContainsSubstring("line 1: expected key = value"));
    CHECK_THAT(message("a = [[b]]"), ContainsSubstring("line 1"));
}
