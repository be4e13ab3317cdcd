#pragma once
#include <string_view>

#include "parse_result.hpp"
#include "tidewheel/engine/batch.hpp"

namespace tidewheel::codec {

// Every form that PostgreSQL's uuid_in takes: 32 hexadecimal digits of either case, a hyphen after
// any group of four, braces around it all. No spaces.
ParseResult read_uuid(std::string_view text, engine::Uuid& uuid);

// The two ways to read one: the form that PostgreSQL prints, with hyphens after 8, 12, 16 and 20
// digits (false: this is something else), and any form.
bool read_usual_uuid(std::string_view text, engine::Uuid& uuid);
ParseResult read_any_uuid(std::string_view text, engine::Uuid& uuid);

}  // namespace tidewheel::codec
