#include "text_scan.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>

#include "tidewheel/codec/utf8.hpp"

namespace tidewheel::codec {
namespace {

// Sixteen bytes at a time, in a vector where the processor has one. A comparison sets all bits of
// the bytes for which it holds.
using Bytes [[gnu::vector_size(16)]] = std::uint8_t;

struct Findings {
    Bytes control = {}, backslash = {}, beyond_ascii = {};
};

bool any(Bytes bytes) {
    std::uint64_t halves[2];
    std::memcpy(halves, &bytes, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

void look_at(Bytes bytes, Findings& findings) {
    findings.control |= bytes < 0x20;
    findings.backslash |= bytes == '\\';
    findings.beyond_ascii |= bytes & 0x80;
}

Findings look_through(std::string_view text) {
    Findings findings;
    std::size_t at = 0;
    Bytes bytes;
    for (; at + sizeof bytes <= text.size(); at += sizeof bytes) {
        std::memcpy(&bytes, text.data() + at, sizeof bytes);
        look_at(bytes, findings);
    }
    bytes = Bytes{} + ' ';
    std::memcpy(&bytes, text.data() + at, text.size() - at);
    look_at(bytes, findings);
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

std::optional<Fault> find_fault(std::string_view text, bool* has_escapes) {
    const Findings findings = look_through(text);
    if (has_escapes) *has_escapes = any(findings.backslash);
    if (any(findings.control)) {
        if (auto fault = find_control_character(text)) return fault;
    }
    if (any(findings.beyond_ascii)) {
        if (const auto at = find_invalid_utf8(text)) return Fault{"invalid UTF-8", *at};
    }
    if (any(findings.backslash)) return find_bad_escape(text);
    return std::nullopt;
}

}  // namespace tidewheel::codec
