#pragma once
#include <memory>

#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// JSON objects by the rules of docs/reference/json.md: RapidJSON's iterative SAX reader, in place
// on a padded copy in the batch's arena; numbers stay text until their column's type is known;
// fields that the schema doesn't need are skipped without being built. `schema` must outlive the
// decoder.
std::unique_ptr<engine::Decoder> make_json_decoder(const engine::Schema& schema);

// The deepest nesting that is accepted, the record's own object included.
inline constexpr int json_depth_limit = 64;

}  // namespace tidewheel::codec
