#include "tidewheel/apply/avro_ddl.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;

namespace {

std::string ddl(const std::string& schema) {
    const auto parsed = codec::AvroSchemas::parse({schema});
    REQUIRE(parsed);
    return apply::avro_ddl("orders", parsed->root(), "topic 'orders'");
}

}  // namespace

TEST_CASE("a schema of Avro gives the stream to start with") {
    CHECK(ddl(R"({"type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "long"}, {"name": "Shop", "type": ["null", "string"]},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 8, "scale": 2}},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "any", "type": ["int", "string"]}, {"name": "photo", "type": "bytes"},
        {"name": "buyer", "type": {"type": "record", "name": "Buyer", "fields": []}}]})") ==
          R"(CREATE FOREIGN TABLE "orders" (
    "id" bigint NOT NULL,
    "Shop" text,
    "price" numeric NOT NULL,
    "at" timestamptz,
    "tags" text[] NOT NULL,
    "any" jsonb NOT NULL,
    "photo" bytea NOT NULL,
    "buyer" jsonb NOT NULL
) SERVER kafka OPTIONS (topic 'orders');
)");
    CHECK_THROWS_AS(ddl("\"int\""), Error);
}
