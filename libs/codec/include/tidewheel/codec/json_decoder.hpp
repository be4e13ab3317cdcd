#pragma once
#include <memory>

#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// JSON objects by the rules of docs/reference/json.md: RapidJSON's SAX reader, in place where there
// are no escapes, else on a padded copy; numbers stay text until their column's type is known;
// fields that the schema doesn't know are skipped without being built. Records of the usual form
// are read by a scanner, to the same effect in half the time. `schema` must outlive the decoder.
std::unique_ptr<engine::Decoder> make_json_decoder(const engine::Schema& schema);
// The same without the scanner, for tests: what RapidJSON makes of a record is what it means.
std::unique_ptr<engine::Decoder> make_reference_json_decoder(const engine::Schema& schema);

// The deepest nesting that is accepted, the record's own object included.
inline constexpr int json_depth_limit = 64;

}  // namespace tidewheel::codec
