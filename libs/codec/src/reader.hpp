#pragma once
#define RAPIDJSON_HAS_STDSTRING 0
#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include "record_stream.hpp"
#include "text_scan.hpp"

// The two ways in which we use RapidJSON 1.1.0: for records, and for the control plane.
namespace tidewheel::codec {

// In place, so that strings aren't copied; numbers as they are written, so that none of its
// conversions runs (full precision mode corrupts numbers, the default one reads out of bounds on
// some).
inline constexpr unsigned record_flags =
    rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;

// The control plane's JSON is read iteratively. A record is read by recursion, which is faster: its
// handler refuses what is nested too deep before the parser goes down, so the stack is bounded.
inline constexpr unsigned json_flags = record_flags | rapidjson::kParseIterativeFlag;

}  // namespace tidewheel::codec
