#include "decoding.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec;
using namespace tidewheel::codec::test;

TEST_CASE("a batch has the bytes of every record as they came, with and without escapes") {
    Decoding d(schema_of({column("t", text), column("j", json)}));
    const std::string plain = R"({"t": "as it is", "j": {"a": [1, "x"]}, "u": "unknown"})";
    const std::string escaped = R"({"t": "a\tb\u0041", "j": ["\n"], "u": "\""})";
    const std::string broken = R"({"t": "\t", "j": nul})", cut = R"({"t": "no end)";
    for (const std::string& value : {plain, escaped, broken, cut})
        d.add(value);
    REQUIRE(d.batch.records().size() == 4);
    CHECK(d.batch.records()[0].value == plain);
    CHECK(d.batch.records()[1].value == escaped);
    CHECK(d.batch.records()[2].value == broken);
    CHECK(d.batch.records()[3].value == cut);
    REQUIRE(d.batch.rows() == 2);
    CHECK(d.batch.column(0).at<std::string_view>(0) == "as it is");
    CHECK(d.batch.column(1).at<std::string_view>(0) == R"({"a": [1, "x"]})");
    CHECK(d.batch.column(0).at<std::string_view>(1) == "a\tbA");
    CHECK(d.batch.column(1).at<std::string_view>(1) == R"(["\n"])");
}

TEST_CASE("a text without escapes is not copied once more") {
    Decoding d(schema_of({column("t", text), column("n", text)}));
    d.add(R"({"t": "as it is", "n": 12.50})");
    const std::string_view value = *d.batch.records()[0].value;
    CHECK(d.string(0).data() == value.data() + value.find("as"));
    CHECK(d.string(1).data() == value.data() + value.find("12"));
}
