#pragma once
#include <string_view>

#include "tidewheel/engine/batch.hpp"
#include "verdict.hpp"

namespace tidewheel::codec {

// Every form that PostgreSQL's uuid_in takes: 32 hexadecimal digits of either case, a hyphen after
// any group of four, braces around it all. No spaces.
Verdict read_uuid(std::string_view text, engine::Uuid& uuid);

}  // namespace tidewheel::codec
