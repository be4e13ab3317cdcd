#pragma once
#include <memory>

#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// Records of any form, which nobody looks into: every column of the schema takes the key, the
// value, headers, the partition, the offset or the time as they are. A record without a value is one
// whose value is NULL. `schema` must outlive the decoder.
std::unique_ptr<engine::Decoder> make_bytes_decoder(const engine::Schema& schema);

}  // namespace tidewheel::codec
