#pragma once
#include <string_view>
#include <utility>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::fuzz {

// One more record for the batch.
inline void add(engine::Decoder& decoder, engine::Batch& batch, std::string_view value) {
    engine::Record record;
    record.value = value;
    batch.add(std::move(record),
              [&](const engine::Record& r, engine::Batch& b) { return decoder.decode(r, b); });
}

}  // namespace tidewheel::fuzz
