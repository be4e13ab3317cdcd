#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tidewheel/codec/schema_source.hpp"
#include "tidewheel/engine/decoder.hpp"

// Records of Avro's binary encoding, by the rules of docs/reference/avro.md: the fields of the
// writer's schema become columns by their names. For each writer's schema there is a table of steps,
// which is made when its first record comes; after that, a record allocates nothing.
namespace tidewheel::codec {

// In Confluent's framing: a zero, and the id of the writer's schema in four bytes. Both outlive the
// decoder.
std::unique_ptr<engine::Decoder> make_avro_decoder(const engine::Schema& schema,
                                                   SchemaSource& registry);
// Without framing: all are written with one schema. Throws Error (pipeline) when it is not one.
std::unique_ptr<engine::Decoder> make_avro_decoder(const engine::Schema& schema,
                                                   const std::string& written);

// What is wrong with the text of a schema; empty: nothing.
std::string fault_of_avro_schema(const std::string& text);

}  // namespace tidewheel::codec
