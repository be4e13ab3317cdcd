#include "value_json.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::changefeed;

namespace {

std::string json(ValueForm form, std::string_view text) {
    std::string out;
    append_value(out, form, text);
    return out;
}

}  // namespace

TEST_CASE("Numbers stay numbers, digit for digit, and what JSON has no number for is text") {
    CHECK(json(ValueForm::number, "9223372036854775807") == "9223372036854775807");
    CHECK(json(ValueForm::number, "-1.5e-300") == "-1.5e-300");
    CHECK(json(ValueForm::number, "NaN") == "\"NaN\"");
    CHECK(json(ValueForm::number, "-Infinity") == "\"-Infinity\"");
    CHECK(json(ValueForm::boolean, "t") == "true");
    CHECK(json(ValueForm::boolean, "f") == "false");
}

TEST_CASE("Times are numbers since 1970, those with a zone text") {
    CHECK(json(ValueForm::days, "1970-01-02") == "1");
    CHECK(json(ValueForm::days, "1969-12-31") == "-1");
    CHECK(json(ValueForm::days, "2026-01-31") == "20484");
    CHECK(json(ValueForm::days, "0001-01-01") == "-719162");
    CHECK(json(ValueForm::microseconds, "2026-01-31 12:00:00.5") == "1769860800500000");
    CHECK(json(ValueForm::microseconds, "1969-12-31 23:59:59.999999") == "-1");
    CHECK(json(ValueForm::milliseconds, "2026-01-31 12:00:00.123") == "1769860800123");
    CHECK(json(ValueForm::milliseconds, "1969-12-31 23:59:59.999") == "-1");
    CHECK(json(ValueForm::time_of_day_microseconds, "24:00:00") == "86400000000");
    CHECK(json(ValueForm::time_of_day_milliseconds, "00:00:01.5") == "1500");
    CHECK(json(ValueForm::moment, "2026-01-31 12:00:00.5+00") == "\"2026-01-31T12:00:00.500000Z\"");
    std::string whole;
    append_value(whole, ValueForm::moment, "2026-01-31 12:00:00+00", 0);
    append_value(whole, ValueForm::moment, "2026-01-31 12:00:00+00", 3);
    CHECK(whole == "\"2026-01-31T12:00:00Z\"\"2026-01-31T12:00:00.000Z\"");
}

TEST_CASE("What a number can't express is PostgreSQL's text") {
    for (const auto form : {ValueForm::days, ValueForm::microseconds, ValueForm::moment}) {
        CHECK(json(form, "infinity") == "\"infinity\"");
        CHECK(json(form, "0044-03-15 BC") == "\"0044-03-15 BC\"");
    }
    CHECK(json(ValueForm::moment, "0044-03-15 00:00:00+00 BC") == "\"0044-03-15 00:00:00+00 BC\"");
}

TEST_CASE("Bytes are base64") {
    CHECK(json(ValueForm::base64, "\\x") == "\"\"");
    CHECK(json(ValueForm::base64, "\\x00") == "\"AA==\"");
    CHECK(json(ValueForm::base64, "\\x00ff") == "\"AP8=\"");
    CHECK(json(ValueForm::base64, "\\x00ff10") == "\"AP8Q\"");
    CHECK(json(ValueForm::base64, "\\x00ff10ab") == "\"AP8Qqw==\"");
}

TEST_CASE("Text is escaped where JSON wants it") {
    CHECK(json(ValueForm::text, "") == "\"\"");
    CHECK(json(ValueForm::text, "grün \"x\" \\ \n\t\x01") ==
          "\"grün \\\"x\\\" \\\\ \\n\\t\\u0001\"");
}

TEST_CASE("The form follows from the type, and from the precision of a timestamp") {
    CHECK(form_of(23, -1) == ValueForm::number);
    CHECK(form_of(1700, -1) == ValueForm::text);
    CHECK(form_of(1114, -1) == ValueForm::microseconds);
    CHECK(form_of(1114, 3) == ValueForm::milliseconds);
    CHECK(form_of(1114, 4) == ValueForm::microseconds);
    CHECK(form_of(1184, 0) == ValueForm::moment);
    CHECK(form_of(99999, -1) == ValueForm::text);
}
