#include "text_scan.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>

#include "tidewheel/codec/utf8.hpp"

namespace tidewheel::codec {
namespace {

constexpr std::uint64_t each_byte(std::uint8_t byte) {
    return 0x0101010101010101u * byte;
}
constexpr std::uint64_t high_bits = each_byte(0x80);

// Marks, in the high bit of each byte, the ASCII bytes below `limit` (at most 0x80). Exact: no
// borrow leaves a byte.
std::uint64_t bytes_below(std::uint64_t word, std::uint8_t limit) {
    return ~((word | high_bits) - each_byte(limit)) & ~word & high_bits;
}

std::uint64_t bytes_equal(std::uint64_t word, std::uint8_t byte) {
    return bytes_below(word ^ each_byte(byte), 1);
}

struct Findings {
    std::uint64_t control = 0, backslash = 0, beyond_ascii = 0;
};

void look_at(std::uint64_t word, Findings& findings) {
    findings.control |= bytes_below(word, 0x20);
    findings.backslash |= bytes_equal(word, '\\');
    findings.beyond_ascii |= word & high_bits;
}

Findings look_through(std::string_view text) {
    Findings findings;
    std::size_t at = 0;
    std::uint64_t word = 0;
    for (; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        look_at(word, findings);
    }
    word = each_byte(' ');
    std::memcpy(&word, text.data() + at, text.size() - at);
    look_at(word, findings);
    return findings;
}

std::optional<Fault> find_control_character(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<std::uint8_t>(text[at]);
        if (byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r') continue;
        if (byte == 0) return Fault{"a NUL byte", at};
        return Fault{"the control character " + std::to_string(byte), at};
    }
    return std::nullopt;
}

// The code unit of an escape \uXXXX at the beginning of a text; nothing when there is none (or a
// broken one, which is the parser's to refuse).
std::optional<std::uint16_t> unicode_escape(std::string_view text) {
    if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
    std::uint16_t unit = 0;
    const char* end = text.data() + 6;
    const auto [read_to, error] = std::from_chars(text.data() + 2, end, unit, 16);
    if (error != std::errc{} || read_to != end) return std::nullopt;
    return unit;
}

bool is_high_surrogate(std::uint16_t unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(std::uint16_t unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

std::optional<Fault> find_bad_escape(std::string_view text) {
    std::size_t at = 0;
    while ((at = text.find('\\', at)) != std::string_view::npos) {
        const auto unit = unicode_escape(text.substr(at));
        if (!unit) {
            at += 2;
            continue;
        }
        if (*unit == 0) return Fault{"the escape \\u0000, which PostgreSQL can't store", at};
        const std::size_t next = at + 6;
        if (is_high_surrogate(*unit)) {
            const auto low = unicode_escape(text.substr(next));
            if (!low || !is_low_surrogate(*low)) return Fault{"a lone high surrogate", at};
            at = next + 6;
            continue;
        }
        if (is_low_surrogate(*unit)) return Fault{"a lone low surrogate", at};
        at = next;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Fault> find_fault(std::string_view text) {
    const Findings findings = look_through(text);
    if (findings.control) {
        if (auto fault = find_control_character(text)) return fault;
    }
    if (findings.beyond_ascii) {
        if (const auto at = find_invalid_utf8(text)) return Fault{"invalid UTF-8", *at};
    }
    if (findings.backslash) return find_bad_escape(text);
    return std::nullopt;
}

}  // namespace tidewheel::codec
