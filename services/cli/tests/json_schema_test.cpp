#include "tidewheel/apply/json_schema.hpp"

#include <fstream>
#include <iterator>

#include "producer/store_event.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using codec::Json;

namespace {

const std::string source = TIDEWHEEL_SOURCE_DIR;

std::string contents(const std::string& path) {
    std::ifstream in(source + path);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

sql::Stream stream_of(const std::string& text) {
    const sql::Pipeline pipeline = sql::parse_pipeline(text, "test.sql");
    return std::get<sql::Stream>(pipeline.statements.at(0).body);
}

Json schema_of(const std::string& columns) {
    const std::string text = "CREATE FOREIGN TABLE t (" + columns +
                             ") SERVER kafka OPTIONS (topic 't', partitions '1', format 'json');";
    return Json::parse(apply::json_schema(stream_of(text))).value();
}

// JSON text as Json writes it.
std::string written(const std::string& text) {
    return Json::parse(text).value().dump();
}

// What the schema says of one column, on one line.
std::string property_of(const std::string& column) {
    return schema_of("c " + column).find("properties")->find("c")->dump();
}

Json store_events_schema() {
    return Json::parse(contents("/proto/store_events.schema.json")).value();
}

bool fits_type(const Json& value, const std::string& type) {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_integer();
    if (type == "number") return value.is_number();
    return type == "boolean" && value.is_boolean();
}

// The first of a nullable column's two types, or the only one.
std::string type_of(const Json& property) {
    const Json& type = *property.find("type");
    return type.is_array() ? type.items().front().string() : type.string();
}

}  // namespace

TEST_CASE("the schema in proto/ is the one that the pipeline's DDL makes") {
    CHECK(contents("/proto/store_events.schema.json") ==
          apply::json_schema(stream_of(contents("/pipelines/store_events.sql"))));
}

TEST_CASE(
    "a produced event has all that the schema requires, of the right types, and only declared "
    "fields") {
    const Json schema = store_events_schema();
    producer::StoreEventPlan plan;
    plan.seed = 1;
    plan.store_fqdn = "host";
    plan.store_ip = "192.0.2.1";
    const producer::StoreEvents events(plan);
    for (std::uint64_t i = 0; i < 200; ++i) {
        std::string text;
        events.append_json(events.event(i), text);
        const Json event = Json::parse(text).value();
        for (const Json& name : schema.find("required")->items()) {
            CAPTURE(name.string(), text);
            CHECK(event.find(name.string()) != nullptr);
        }
        for (const auto& [name, value] : event.members()) {
            CAPTURE(name, text);
            const Json* property = schema.find("properties")->find(name);
            REQUIRE(property != nullptr);
            CHECK(fits_type(value, type_of(*property)));
        }
    }
}

TEST_CASE("types become JSON's, with a format where there is one") {
    CHECK(property_of("uuid NOT NULL") == written(R"({"type":"string","format":"uuid"})"));
    CHECK(property_of("timestamptz NOT NULL") ==
          written(R"({"type":"string","format":"date-time"})"));
    CHECK(property_of("timestamp(3) with time zone NOT NULL") ==
          written(R"({"type":"string","format":"date-time"})"));
    CHECK(property_of("numeric(10,2) NOT NULL") == written(R"({"type":"number"})"));
    CHECK(property_of("bigint NOT NULL") == written(R"({"type":"integer"})"));
    CHECK(property_of("double precision NOT NULL") == written(R"({"type":"number"})"));
    CHECK(property_of("boolean NOT NULL") == written(R"({"type":"boolean"})"));
    CHECK(property_of("jsonb NOT NULL") == written("{}"));
}

TEST_CASE("a column that may be null says so, in its values too") {
    CHECK(property_of("integer") == written(R"({"type":["integer","null"]})"));
    CHECK(property_of("text CHECK (c IN ('a', 'it''s'))") ==
          written(R"({"type":["string","null"],"enum":["a","it's",null]})"));
    CHECK(property_of("integer CHECK (c = 3)") ==
          written(R"({"type":["integer","null"],"enum":[3,null]})"));
}

TEST_CASE("checks of one column against literals become bounds and values") {
    CHECK(property_of("integer NOT NULL CHECK (c > 0 AND c <= 10)") ==
          written(R"({"type":"integer","exclusiveMinimum":0,"maximum":10})"));
    CHECK(property_of("integer NOT NULL CHECK (c BETWEEN -5 AND 5)") ==
          written(R"({"type":"integer","minimum":-5,"maximum":5})"));
    CHECK(property_of("integer NOT NULL CHECK (c >= 1) CHECK (c < 9)") ==
          written(R"({"type":"integer","minimum":1,"exclusiveMaximum":9})"));
    CHECK(property_of("text NOT NULL CHECK (c = 'x')") ==
          written(R"({"type":"string","const":"x"})"));
}

TEST_CASE("a check that JSON Schema can't say adds nothing") {
    for (const char* check : {"c > 0 OR c < -5", "c % 2 = 0", "length(c::text) > 3", "c > d",
                              "NOT c > 0", "c + 1 > 0", "c > 0 AND d > 0"}) {
        CAPTURE(check);
        const Json schema =
            schema_of("c integer NOT NULL, d integer, CHECK (" + std::string(check) + ")");
        CHECK(schema.find("properties")->find("c")->dump() == written(R"({"type":"integer"})"));
    }
}

TEST_CASE("a column with a default need not be there, nor one that is no field of the record") {
    const Json schema = schema_of(
        "a integer NOT NULL, b integer NOT NULL DEFAULT 1, "
        "p integer OPTIONS (partition 'true') NOT NULL");
    CHECK(schema.find("required")->dump() == written(R"(["a"])"));
    CHECK(schema.find("properties")->find("b") != nullptr);
    CHECK(schema.find("properties")->find("p") == nullptr);
}

TEST_CASE("paths become nested objects, required when something in them is") {
    const Json schema = schema_of(
        "a integer OPTIONS (json 'customer.id') NOT NULL, b text OPTIONS (json 'customer.name'), "
        "c text OPTIONS (json 'other.x')");
    CHECK(schema.find("required")->dump() == written(R"(["customer"])"));
    const Json& customer = *schema.find("properties")->find("customer");
    CHECK(customer.find("required")->dump() == written(R"(["id"])"));
    CHECK(customer.find("properties")->find("id")->dump() == written(R"({"type":"integer"})"));
    CHECK_FALSE(schema.find("properties")->find("other")->find("required"));
}

TEST_CASE("of CSV there is the order of the columns, and how a row is written") {
    const Json schema =
        Json::parse(
            apply::json_schema(stream_of(
                "CREATE FOREIGN TABLE t (a integer, n integer OPTIONS (\"partition\" 'true'), "
                "\"B\" text) SERVER kafka OPTIONS (topic 't', format 'csv', delimiter ';', "
                "null 'none');")))
            .value();
    CHECK(schema.find("x-format")->string() == "csv");
    CHECK(schema.find("properties") == nullptr);
    CHECK(schema.find("x-csv")->dump() ==
          written(R"({"columns": ["a", "B"], "delimiter": ";", "quote": "\"", "escape": "\"",)"
                  R"( "null": "none"})"));
}
