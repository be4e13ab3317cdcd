#pragma once
#define RAPIDJSON_HAS_STDSTRING 0
#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <optional>
#include <string_view>

#include "text_scan.hpp"

// The one way in which we use RapidJSON 1.1.0, for records and for the control plane alike.
namespace tidewheel::codec {

// Iterative, so that deep nesting can't overflow the stack; in place, so that strings aren't
// copied; numbers as they are written, so that none of its conversions runs (full precision mode
// corrupts numbers, the default one reads out of bounds on some).
inline constexpr unsigned parse_flags = rapidjson::kParseIterativeFlag |
                                        rapidjson::kParseInsituFlag |
                                        rapidjson::kParseNumbersAsStringsFlag;

// What must follow a text that is parsed in place: a NUL that ends it, and room for a vector load
// that begins before the end.
inline constexpr std::size_t padding = 32;

using Stream = rapidjson::InsituStringStream;

}  // namespace tidewheel::codec
