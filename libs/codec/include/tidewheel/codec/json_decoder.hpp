#pragma once
#include <memory>

#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// JSON objects by the rules of docs/reference/json.md: RapidJSON's SAX reader, in place on a padded
// copy; numbers stay text until their column's type is known; fields that the schema doesn't know
// are skipped without being built; of texts that are needed, the batch keeps copies. `schema` must
// outlive the decoder.
std::unique_ptr<engine::Decoder> make_json_decoder(const engine::Schema& schema);

// The deepest nesting that is accepted, the record's own object included.
inline constexpr int json_depth_limit = 64;

}  // namespace tidewheel::codec
