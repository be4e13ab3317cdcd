#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tidewheel::codec {

// Something in a text that is not JSON.
struct Fault {
    std::string what;
    std::size_t offset;
};

// What must hold before RapidJSON may see a text, because version 1.1.0 doesn't check it or checks
// it wrongly (a parser that PostgreSQL disagrees with would let one hostile string fail a whole
// COPY):
// - no control characters but tab, line feed and carriage return: a NUL would hide what follows it,
//   and its SSE2 path takes 0x1A to 0x1F inside strings;
// - valid UTF-8: its own validation reads beyond the end of a cut sequence;
// - no \u0000 and no lone surrogate escapes, not even in fields that are skipped: it accepts a lone
//   low surrogate.
// Reads ASCII without escapes, which nearly every record is, once and sixteen bytes at a time.
// has_escapes: it has a backslash.
std::optional<Fault> find_fault(std::string_view text, bool* has_escapes = nullptr);

}  // namespace tidewheel::codec
