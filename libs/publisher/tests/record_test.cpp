#include "../src/record.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using publisher::read_record;

TEST_CASE("A row's text is taken apart into key and value, whatever they hold") {
    const auto plain = read_record(R"({"key":"k","value":{"a":1}})");
    CHECK(plain.key == "k");
    CHECK(plain.value == R"({"a":1})");
    const auto odd = read_record(R"({"key":"a \"b\" \\","value":{"key":"}","value":null}})");
    CHECK(odd.key == R"(a "b" \)");
    CHECK(odd.value == R"({"key":"}","value":null})");
    CHECK_FALSE(read_record(R"({"key":null,"value":{}})").key);
    const auto tombstone = read_record(R"({"key":"","value":null})");
    CHECK(tombstone.key == "");
    CHECK_FALSE(tombstone.value);
    CHECK(read_record("{\"key\":\"\u00e9\",\"value\":{\"n\":1234567890123456789.01}}").value ==
          R"({"n":1234567890123456789.01})");
    for (const char* wrong : {"", "{}", R"({"key":"x)", R"({"key":nul})", R"({"key":"k","v":1})"})
        CHECK_THROWS_AS(read_record(wrong), Error);
}

TEST_CASE("Fields of one object are written into one object") {
    const auto statement = sql::parse_statement(
        "CREATE FOREIGN TABLE b (x int OPTIONS (json 'o.x'), n text, y date OPTIONS (json 'o.y', "
        "epoch 's'), k text OPTIONS (key 'true'), p int OPTIONS (partition 'true')) SERVER kafka "
        "OPTIONS (topic 'b')",
        {});
    const std::string sql = publisher::record_sql(std::get<sql::Stream>(statement.body));
    CHECK(
        sql ==
        R"sql(('{"key":' || coalesce(to_json(to_json(o."k") #>> '{}')::text, 'null') || ',"value":' || )sql"
        R"sql(('' || '{"o":'::text || '{"x":'::text || coalesce(to_json(o."x")::text, 'null') || )sql"
        R"sql(',"y":'::text || coalesce(to_json(trim_scale(extract(epoch FROM o."y") * 1))::text, 'null') )sql"
        R"sql(|| '}' || ',"n":'::text || coalesce(to_json(o."n")::text, 'null') || '}') || '}'))sql");
}
