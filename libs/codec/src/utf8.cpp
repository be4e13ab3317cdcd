#include "tidewheel/codec/utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace tidewheel::codec {
namespace {

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// What may follow a lead byte (the Unicode standard, table 3-7): the length of the sequence, 0 for
// no lead byte at all, and the narrower range that some leads demand of the second byte.
struct Sequence {
    std::size_t length;
    std::uint8_t second_least, second_most;
};

Sequence sequence_of(std::uint8_t lead) {
    if (lead < 0x80) return {1, 0, 0};
    if (lead < 0xC2) return {0, 0, 0};  // a continuation, or an overlong form of ASCII
    if (lead < 0xE0) return {2, 0x80, 0xBF};
    if (lead == 0xE0) return {3, 0xA0, 0xBF};  // else overlong
    if (lead == 0xED) return {3, 0x80, 0x9F};  // else a surrogate
    if (lead < 0xF0) return {3, 0x80, 0xBF};
    if (lead == 0xF0) return {4, 0x90, 0xBF};  // else overlong
    if (lead < 0xF4) return {4, 0x80, 0xBF};
    if (lead == 0xF4) return {4, 0x80, 0x8F};  // else beyond U+10FFFF
    return {0, 0, 0};
}

bool starts_valid_sequence(std::string_view text, Sequence sequence) {
    if (sequence.length == 0 || sequence.length > text.size()) return false;
    if (sequence.length == 1) return true;
    const auto second = static_cast<std::uint8_t>(text[1]);
    if (second < sequence.second_least || second > sequence.second_most) return false;
    const std::string_view rest = text.substr(2, sequence.length - 2);
    return std::ranges::all_of(rest, is_continuation);
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const Sequence sequence = sequence_of(static_cast<std::uint8_t>(text[at]));
        if (!starts_valid_sequence(text.substr(at), sequence)) return at;
        at += sequence.length;
    }
    return std::nullopt;
}

std::size_t count_characters(std::string_view text) {
    return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, is_continuation));
}

std::string_view first_characters(std::string_view text, std::size_t characters) {
    std::size_t end = 0;
    while (end < text.size()) {
        if (!is_continuation(text[end]) && characters-- == 0) break;
        ++end;
    }
    return text.substr(0, end);
}

}  // namespace tidewheel::codec
