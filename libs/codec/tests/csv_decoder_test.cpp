#include "tidewheel/codec/csv_decoder.hpp"

#include "decoding.hpp"
#include "tidewheel/codec/decoder_factory.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec::test;
using codec::column;
using engine::CsvForm;

namespace {

struct Rows : Decoding {
    explicit Rows(engine::Schema given, const CsvForm& form = {}) : Decoding(std::move(given)) {
        decoder = codec::make_csv_decoder(schema, form);
    }
    explicit Rows(const CsvForm& form) : Rows(two_texts(), form) {}
    Rows() : Rows(CsvForm{}) {}

    static engine::Schema two_texts() { return schema_of({column("a", text), column("b", text)}); }

    // The fields between bars, NULL as \N; what is refused: why.
    std::string read(std::string_view value) {
        if (const std::string said = verdict(value); said != "accepted")
            return said + ": " + last_reject().detail;
        std::string fields;
        for (std::size_t i = 0; i < schema.columns.size(); ++i)
            fields += (i ? "|" : "") + (is_null(i) ? "\\N" : std::string(string(i)));
        return fields;
    }
};

}  // namespace

TEST_CASE("A row of CSV fills the columns in their order") {
    Rows rows(schema_of({column("id", integer, true), column("at", timestamptz),
                         column("price", codec::numeric(8, 2)), column("gone", boolean),
                         column("who", uuid), column("note", text)}));
    REQUIRE(rows.verdict("7,2024-05-06 07:08:09Z,12.345,t,"
                         "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,\"Zoë, \"\"q\"\"\"") == "accepted");
    CHECK(rows.value<std::int32_t>(0) == 7);
    CHECK(rows.value<std::int64_t>(1) == 768'294'489'000'000);
    CHECK(rows.value<std::uint8_t>(3) == 1);
    CHECK(rows.string(5) == "Zoë, \"q\"");
    CHECK(rows.verdict("x,,,,,") == "wrong_type id");
    CHECK(rows.last_reject().detail == "\"x\" is not a whole number (integer)");
    CHECK(rows.verdict("\"\",,,,,") == "wrong_type id");
    CHECK(rows.verdict(",,,,,") == "missing_field id");
    CHECK(rows.verdict("7000000000,,,,,") == "out_of_range id");
    CHECK(rows.verdict("7,yesterday,,,,") == "wrong_type at");
    CHECK(rows.verdict("7,,1e9,,,") == "out_of_range price");
}

TEST_CASE("An unquoted null string is NULL, a quoted one is not") {
    Rows rows;
    CHECK(rows.read(",") == "\\N|\\N");
    CHECK(rows.read("\"\",\"\"") == "|");
    CHECK(rows.read(" ,") == " |\\N");
    CHECK(rows.read("\"\"x,x\"\"") == "x|x");
    Rows named({.null = "NULL"});
    CHECK(named.read("NULL,\"NULL\"") == "\\N|NULL");
    CHECK(named.read(",null") == "|null");
    CHECK(named.read("NU\"\"LL,NULLs") == "NULL|NULLs");
    CHECK(named.read(" NULL,NULL\n") == " NULL|\\N");
}

TEST_CASE("Quotes may stand anywhere in a field") {
    Rows rows;
    CHECK(rows.read("\"a,b\",\"c\nd\r\ne\"") == "a,b|c\nd\r\ne");
    CHECK(rows.read("\"\"\"\",\"\"\"a\"\"\"") == "\"|\"a\"");
    CHECK(rows.read("a\"b,c\"d,e\"f\"g") == "ab,cd|efg");
    CHECK(rows.read("\"a\"\"\",\"\"\"\"\"b\"") == "a\"|\"\"b");
    CHECK(rows.read(" \"a\" ,b") == " a |b");
    CHECK(rows.read("\\.,\\N") == "\\.|\\N");
    CHECK(rows.read("\"a,b") == "not_csv: unterminated CSV quoted field");
    CHECK(rows.read("a,\"b\"\"") == "not_csv: unterminated CSV quoted field");
    CHECK(rows.read("a,b\"") == "not_csv: unterminated CSV quoted field");
}

TEST_CASE("Delimiter, quote and escape are those of the stream") {
    Rows rows({.delimiter = ';', .quote = '\'', .escape = '\\'});
    CHECK(rows.read("a,b;c\"d") == "a,b|c\"d");
    CHECK(rows.read("'a;\\'b';'\\\\'") == "a;'b|\\");
    CHECK(rows.read("'a\\b';c\\'d;e'") == "a\\b|c\\d;e");
    CHECK(rows.read("'\\';b") == "not_csv: unterminated CSV quoted field");
    CHECK(rows.read("'a''b';'\\\\\\''") == "ab|\\'");
    CHECK(rows.read("\\\\;\\") == "\\\\|\\");
    Rows tabs({.delimiter = '\t'});
    CHECK(tabs.read("a\tb c") == "a|b c");
}

TEST_CASE("A record is one row, which the end of a line may follow") {
    Rows rows;
    CHECK(rows.read("a,b\n") == "a|b");
    CHECK(rows.read("a,b\r\n") == "a|b");
    CHECK(rows.read("a,b\r") == "a|b");
    CHECK(rows.read("a,\"b\"\r\n") == "a|b");
    CHECK(rows.read("a,\r\n") == "a|\\N");
    const std::string newline = "not_csv: unquoted newline found in data: a record is one row";
    const std::string carriage_return =
        "not_csv: unquoted carriage return found in data: a record is one row";
    CHECK(rows.read("a,b\n\n") == newline);
    CHECK(rows.read("a,b\n\r") == newline);
    CHECK(rows.read("a,b\r\r\n") == carriage_return);
    CHECK(rows.read("a,b\nc,d") == newline);
    CHECK(rows.read("a,b\rc") == carriage_return);
    CHECK(rows.read("a\n,b") == "not_csv: unquoted newline found in data: a record is one row");
}

TEST_CASE("A row has as many fields as the stream has") {
    Rows rows(schema_of({column("a", integer), column("b", text),
                         from(ColumnOrigin::partition, "p", integer), column("c", text)}));
    CHECK(rows.verdict("1,2,3") == "accepted");
    CHECK(rows.string(3) == "3");
    CHECK(rows.verdict("1,2") == "not_csv c");
    CHECK(rows.last_reject().detail == "missing data for column \"c\"");
    CHECK(rows.verdict("1,2,3,") == "not_csv");
    CHECK(rows.last_reject().detail == "extra data after last expected column");
    // What is in the fields doesn't matter then.
    CHECK(rows.verdict("x;2;3") == "not_csv b");
    CHECK(rows.verdict("x,2,3,4") == "not_csv");
    CHECK(rows.verdict("x,2,3") == "wrong_type a");
    Rows one(schema_of({column("a", text)}));
    CHECK(one.read("\n") == "\\N");
    CHECK(one.verdict("") == "empty");
    CHECK(one.verdict(std::nullopt) == "tombstone");
}

TEST_CASE("A row is UTF-8 without NUL") {
    using namespace std::string_view_literals;
    Rows rows;
    CHECK(rows.read("a\0b,c"sv) == "not_csv: a NUL byte at byte 1");
    CHECK(rows.read("0123456789abcdef0123,\0"sv) == "not_csv: a NUL byte at byte 21");
    CHECK(rows.read("a,b\xff") == "not_csv: invalid UTF-8 at byte 3");
    CHECK(rows.read("a,\xed\xa0\x80") == "not_csv: invalid UTF-8 at byte 2");
    CHECK(rows.read("\xc3,\xa9") == "not_csv: invalid UTF-8 at byte 0");
    CHECK(rows.read("\xEF\xBB\xBF"
                    "a,é€😀") ==
          "\xEF\xBB\xBF"
          "a|é€😀");
    CHECK(rows.read("\x01\x1f\x7f,\t") == "\x01\x1f\x7f|\t");
}

TEST_CASE("Marks at every place of a block, and rows of every length, read the same") {
    Rows rows;
    for (std::size_t length = 0; length < 70; ++length) {
        const std::string word(length, 'x');
        const std::string shown = length == 0 ? "\\N" : word;
        CHECK(rows.read(word + "," + word) == shown + "|" + shown);
        CHECK(rows.read("\"" + word + "\",\"" + word + "\"\"\"\n") == word + "|" + word + "\"");
        CHECK(rows.read(word + ",\"" + word) == "not_csv: unterminated CSV quoted field");
    }
}

TEST_CASE("JSON in a field is what its text is, for json and jsonb") {
    Rows rows(schema_of(
        {column("a", jsonb), column("b", json), column("c", {Kind::other, -1, "integer[]"})}));
    CHECK(rows.read("\"{\"\"k\"\": [1, \"\"é\"\"]}\",\" 1.50 \",\"{1,2}\"") ==
          "{\"k\": [1, \"é\"]}| 1.50 |\"{1,2}\"");
    CHECK(rows.read("null,\"\"\"x\"\"\",") == "null|\"x\"|\\N");
    CHECK(rows.read(",,\"\"") == "\\N|\\N|\"\"");
    CHECK(rows.verdict("{k},,") == "wrong_type a");
    CHECK(rows.last_reject().detail.starts_with("\"{k}\" is not a JSON value (jsonb): "));
    CHECK(rows.verdict("\"\",,") == "wrong_type a");
    CHECK(rows.verdict(",1 2,") == "wrong_type b");
    CHECK(rows.verdict(",\"\"\"\\u0000\"\"\",") == "wrong_type b");
    CHECK(rows.verdict(",1e400,") == "out_of_range b");
    CHECK(rows.verdict("1e-400,,") == "out_of_range a");
    CHECK(rows.verdict(std::string(64, '[') + std::string(64, ']') + ",,") == "accepted");
    CHECK(rows.verdict(std::string(65, '[') + std::string(65, ']') + ",,") == "too_deep a");
}

TEST_CASE("Times as numbers, keys and what a record has beside its value are as of other formats") {
    engine::Column at = column("at", timestamptz);
    at.epoch = engine::EpochUnit::millisecond;
    engine::Column of_key = from(ColumnOrigin::key, "id", integer);
    of_key.path = {"id"};
    Rows rows(schema_of({at, of_key, from(ColumnOrigin::key, "whole", text),
                         from(ColumnOrigin::offset, "n", bigint),
                         from(ColumnOrigin::value, "raw", text), column("a", text)}));
    engine::Record record;
    record.value = "1714979289123,\"x\"\n";
    record.key = R"({"id": 7})";
    record.offset = 5;
    rows.add(std::move(record));
    REQUIRE(rows.batch.rows() == 1);
    CHECK(rows.value<std::int64_t>(0) == 768'294'489'123'000);
    CHECK(rows.value<std::int32_t>(1) == 7);
    CHECK(rows.string(2) == R"({"id": 7})");
    CHECK(rows.value<std::int64_t>(3) == 5);
    CHECK(rows.string(4) == "1714979289123,\"x\"\n");
    CHECK(rows.string(5) == "x");
}

TEST_CASE("A record of CSV without a value is a row where a column says so") {
    Rows rows(schema_of({column("a", text), from(ColumnOrigin::tombstone, "gone", boolean)}));
    CHECK(rows.verdict(std::nullopt) == "accepted");
    CHECK(rows.is_null(0));
    CHECK(rows.value<std::uint8_t>(1) == 1);
    Rows strict(
        schema_of({column("a", text, true), from(ColumnOrigin::tombstone, "gone", boolean)}));
    CHECK(strict.verdict(std::nullopt) == "tombstone a");
}

TEST_CASE("The routing value of a row of CSV says where it belongs") {
    engine::Schema schema = Rows::two_texts();
    schema.route = {1, {{"x,y", {3}}}};
    Rows rows(schema);
    CHECK(rows.verdict("1,\"x,y\"") == "misrouted b");
    CHECK(rows.verdict("1,x") == "accepted");
}

TEST_CASE("The format csv takes its form from the stream's options") {
    codec::RecordFormat format("csv");
    format.csv = {.delimiter = '|', .null = "-"};
    Decoding rows(Rows::two_texts());
    rows.decoder = codec::make_decoder(format, rows.schema);
    CHECK(rows.verdict("a|-") == "accepted");
    CHECK(rows.string(0) == "a");
    CHECK(rows.is_null(1));
}
