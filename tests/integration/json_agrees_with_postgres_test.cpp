// The rule of docs/reference/json.md, held against PostgreSQL itself: our decoder takes a value
// exactly when PostgreSQL's json conversion takes it, and means the same. The decoded values travel
// by binary COPY, as in production.
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using engine::Kind;

namespace {

struct Texts {
    engine::Type type;
    std::vector<std::string> same;      // JSON values on which both must agree
    std::vector<std::string> stricter;  // which PostgreSQL takes and we refuse, as the page says
};

engine::Type numeric(int precision, int scale) {
    return {Kind::numeric, (precision << 16 | (scale & 0x7ff)) + 4,
            "numeric(" + std::to_string(precision) + "," + std::to_string(scale) + ")"};
}

const std::vector<std::string> integers = {"0",
                                           "-0",
                                           "5",
                                           "-5",
                                           "5.0",
                                           "1e2",
                                           "32767",
                                           "32768",
                                           "-32768",
                                           "-32769",
                                           "2147483647",
                                           "2147483648",
                                           "-2147483648",
                                           "9223372036854775807",
                                           "9223372036854775808",
                                           "-9223372036854775808",
                                           "true",
                                           "{}",
                                           "[]",
                                           R"("5")",
                                           R"(" +5 ")",
                                           R"("\t\n\u000b\f5\r")",
                                           R"("- 5")",
                                           R"("--5")",
                                           R"("+-5")",
                                           R"("")",
                                           R"(" ")",
                                           R"("5x")",
                                           R"("007")",
                                           R"("1e2")",
                                           R"("99999999999999999999")"};

const std::vector<std::string> decimals = {"0",
                                           "-0.00",
                                           "0e5",
                                           "1",
                                           "-1",
                                           "10000",
                                           "12345678",
                                           "12.34",
                                           "0.0001",
                                           "0.00001",
                                           "1.50",
                                           "1e2",
                                           "1.50e1",
                                           "15E-3",
                                           "1e-5",
                                           "1e308",
                                           "1e-308",
                                           "123456789012345678901234567890.123",
                                           "0.005",
                                           "0.00499999",
                                           "-0.005",
                                           "-0.001",
                                           "1.995",
                                           "2.675",
                                           "9999.995",
                                           "99999999.994",
                                           "99999999.995",
                                           "100000000",
                                           "1e9",
                                           "0.00994",
                                           "0.00995",
                                           "12349",
                                           "49",
                                           "50",
                                           "99949",
                                           "99950",
                                           R"("1.")",
                                           R"(".5")",
                                           R"(" +1.5 ")",
                                           R"("1e+2")",
                                           R"(".")",
                                           R"("")",
                                           R"("-")",
                                           R"("1e")",
                                           R"("1e+")",
                                           R"("1.2.3")",
                                           R"("1,5")",
                                           R"("abc")",
                                           R"("1 2")",
                                           "true",
                                           "[1]",
                                           "0.184467440737095516159",
                                           "0.00000000000000000000000000000001",
                                           "-0.00000000000000000000000000000000000001",
                                           "1e-40",
                                           "99999999999999999999999999999999999999",
                                           "-100000000000000000000000000000000000000",
                                           "9.9999999999999999999999999999999999999",
                                           "123456789012345678",
                                           "-1234567890123456789.5",
                                           "0.999999999999999999",
                                           "18446744073709551616",
                                           "90000.00010",
                                           "12340000.5678000"};

const std::vector<std::string> floats = {"0",
                                         "1.5",
                                         "-2.5E-3",
                                         "0.1",
                                         "0.3",
                                         "1e308",
                                         "1e-308",
                                         "1e39",
                                         "1e-50",
                                         "16777217",
                                         "0.184467440737095516159",
                                         "123456789012345678901234567890",
                                         R"(" +.5e1 ")",
                                         R"("1.")",
                                         R"("1e-310")",
                                         R"("1e400")",
                                         R"("1e-400")",
                                         R"("0e-999")",
                                         R"("NaN")",
                                         R"("-inf")",
                                         R"("+Infinity")",
                                         R"("infinit")",
                                         R"("")",
                                         R"("1e")",
                                         R"("x")",
                                         "true"};

// Of a moment: with PostgreSQL's word for it, and ours.
const std::vector<std::string> moments = {R"("2024-01-02")",
                                          R"("2024-01-02T03:04")",
                                          R"("2024-01-02t03:04:05z")",
                                          R"("2024-01-02 03:04:05.")",
                                          R"("2024-01-02 03:04:05.123456789")",
                                          R"("2024-01-02 03:04:05 +05:30")",
                                          R"("2024-01-02 03:04:05+0530")",
                                          R"("2024-01-02 03:04:05-07")",
                                          R"("2024-01-02T03:04:05+15:59:59")",
                                          R"("2024-01-02 03:04:05+16")",
                                          R"("2024-01-02 03:04:05-05:60")",
                                          R"("0000-01-02 03:04:05")",
                                          R"("0001-01-01 00:00:00Z")",
                                          R"("9999-12-31 23:59:59.9999999")",
                                          R"("2024-01-02 03:04:05.0000005")",
                                          R"("2024-01-02 03:04:05.0000015")",
                                          R"("2024-01-02 03:04:05.12345650000001")",
                                          R"("1999-12-31 23:59:59.9995")",
                                          R"("1999-12-31 23:59:59.5")",
                                          R"("1969-07-20T20:17:40.123456Z")",
                                          R"("2024-02-29")",
                                          R"("2023-02-29")",
                                          R"("2024-13-01")",
                                          R"("2024-01-02T25:00")",
                                          R"("2024-01-02T10:60")",
                                          R"(" 2024-01-02T03:04 Z ")",
                                          R"("2024-01-02T")",
                                          R"("")",
                                          R"("soon")",
                                          "true",
                                          "{}"};

const std::vector<std::string> strings = {R"("")",
                                          R"("abc")",
                                          R"("abc  ")",
                                          R"("abcd")",
                                          R"("abc  d")",
                                          R"("grü")",
                                          R"("grü  ")",
                                          R"("grüß")",
                                          R"("\u00e9\"\\\/\b\n\ud83c\udf0a")",
                                          "1.50e1",
                                          "true",
                                          "false",
                                          "[]",
                                          R"({ "b" : [1 , "x\u0041"] })"};

std::vector<Texts> tables() {
    std::vector<Texts> all = {
        {{Kind::int16, -1, "smallint"}, integers, {}},
        {{Kind::int32, -1, "integer"}, integers, {}},
        {{Kind::int64, -1, "bigint"}, integers, {}},
        {{Kind::numeric, -1, "numeric"},
         decimals,
         {R"("NaN")", R"("Infinity")", R"("-inf")", R"("1e309")"}},
        {numeric(10, 2), decimals, {R"("NaN")"}},
        {numeric(2, 4), decimals, {}},
        {numeric(3, -2), decimals, {}},
        {{Kind::float32, -1, "real"}, floats, {}},
        {{Kind::float64, -1, "double precision"}, floats, {R"("0x1p3")"}},
        {{Kind::boolean, -1, "boolean"},
         {"true", "false", "1", "0", "2", R"("t")", R"(" TRU ")", R"("yes")", R"("n")", R"("o")",
          R"("of")", R"("ON")", R"("01")", R"("")", R"("truee")", "{}"},
         {}},
        {{Kind::text, -1, "text"}, strings, {}},
        {{Kind::varchar, 7, "character varying(3)"}, strings, {}},
        {{Kind::varchar, -1, "character varying"}, strings, {}},
        {{Kind::uuid, -1, "uuid"},
         {R"("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}")",
          R"("a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11")", R"("a0eebc999c0b4ef8bb6d6bb9bd380a11")",
          R"("a0eebc999c0b4ef8bb6d6bb9bd380a11-")", R"(" a0eebc999c0b4ef8bb6d6bb9bd380a11")",
          R"("{a0eebc999c0b4ef8bb6d6bb9bd380a11")", R"("{")", R"("")",
          R"("a0-eebc999c0b4ef8bb6d6bb9bd380a11")", R"("a0eebc999c0b4ef8bb6d6bb9bd380a1g")", "1"},
         {}},
        {{Kind::json, -1, "json"}, strings, {}},
        {{Kind::jsonb, -1, "jsonb"}, strings, {}},
    };
    const std::vector<std::string> words = {R"("Jan 8 1999")",        R"("now")",
                                            R"("infinity")",          "20240102",
                                            R"("2024-01-02 24:00")",  R"("2024-01-02 10:00:60")",
                                            R"("2024-01-02 BC")",     R"("10000-01-01")",
                                            R"("2024-1-2")",          R"("2024-01-02Z")",
                                            R"("2024-01-02T03:04X9")"};
    const engine::Type moment_types[] = {{Kind::timestamptz, -1, "timestamp with time zone"},
                                         {Kind::timestamptz, 3, "timestamp(3) with time zone"},
                                         {Kind::timestamp, -1, "timestamp without time zone"},
                                         {Kind::timestamp, 0, "timestamp(0) without time zone"}};
    for (const engine::Type& type : moment_types)
        all.push_back({type, moments, words});
    all.push_back(
        {{Kind::date, -1, "date"}, moments, {R"("Jan 8 1999")", "20240102", R"("2024-1-2")"}});
    all.push_back(
        {{Kind::time, -1, "time without time zone"},
         {R"("10:00")", R"("10:00:00.25+05")", R"("10:00Z")", R"("2024-01-02 10:00")",
          R"("2024-01-02T10:00")", R"("2024-01-02T12:00:00+02")", R"("2024-01-02 12:00:00 +02")",
          R"("2024-01-02 12:00Z")", R"("23:59:59.9999999")", R"("25:00")", R"("10:60")",
          R"("10:00:61")", R"("")", R"("2024-01-02")", R"("noonish")"},
         {R"("24:00")", R"("now")"}});
    return all;
}

// PostgreSQL rewrites the strings of a json column; they mean the same.
std::string as_text(Kind kind) {
    return kind == Kind::json ? "v::jsonb::text" : "v::text";
}

// What PostgreSQL makes of the value, as text; nullopt: it refuses it.
std::optional<std::string> by_postgres(postgres::Connection& connection, Kind kind,
                                       const std::string& json) {
    try {
        return connection
            .query("SELECT " + as_text(kind) +
                       " FROM json_populate_record(NULL::record_of_v, $1::json) r",
                   {"{\"v\":" + json + "}"})
            .at(0)
            .text(0);
    } catch (const postgres::DatabaseError& error) {
        REQUIRE(error.is_about_data());
        return std::nullopt;
    }
}

// What we make of it: decoded, sent by binary COPY, and printed by PostgreSQL.
std::optional<std::string> by_us(postgres::Session& session, const engine::Schema& schema,
                                 const std::string& json) {
    const std::string value = "{\"v\":" + json + "}";
    const auto decoder = codec::make_json_decoder(schema);
    engine::Batch batch(schema);
    engine::Record record;
    record.value = value;
    batch.add(std::move(record), [&decoder](const engine::Record& r, engine::Batch& b) {
        return decoder->decode(r, b);
    });
    if (batch.rows() == 0) return std::nullopt;
    postgres::CopyEncoder out;
    out.begin();
    out.row(1);
    encode(out, batch.column(0), 0);
    out.finish();
    session.run("TRUNCATE decoded");
    session.copy("COPY decoded FROM STDIN (FORMAT binary)", out.payload());
    return session.run("SELECT " + as_text(schema.columns[0].type.kind) + " FROM decoded")
        .at(0)
        .text(0);
}

engine::Schema schema_of(const engine::Type& type) {
    engine::Column column;
    column.name = "v";
    column.type = type;
    column.path = {"v"};
    engine::Schema schema;
    schema.columns = {column};
    return schema;
}

}  // namespace

TEST_CASE("a JSON value is taken when PostgreSQL takes it, and means the same") {
    const testing::TemporaryDatabase database;
    for (const Texts& table : tables()) {
        CAPTURE(table.type.sql);
        postgres::Connection connection(database.url());
        postgres::Session session(database.url(), "test");
        connection.query("DROP TABLE IF EXISTS record_of_v");
        connection.query("CREATE TABLE record_of_v (v " + table.type.sql + ")");
        session.run("CREATE TEMPORARY TABLE decoded (v " + table.type.sql + ")");
        const engine::Schema schema = schema_of(table.type);
        for (const std::string& json : table.same) {
            CAPTURE(json);
            CHECK(by_us(session, schema, json).value_or("refused") ==
                  by_postgres(connection, table.type.kind, json).value_or("refused"));
        }
        for (const std::string& json : table.stricter) {
            CAPTURE(json);
            CHECK_FALSE(by_us(session, schema, json));
            CHECK(by_postgres(connection, table.type.kind, json));
        }
    }
}
