#include "uuid_text.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace tidewheel::codec {
namespace {

constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> hexadecimal = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::uint8_t i = 0; i < 10; ++i)
        values['0' + i] = i;
    for (std::uint8_t i = 0; i < 6; ++i)
        values['a' + i] = values['A' + i] = static_cast<std::uint8_t>(10 + i);
    return values;
}();

std::uint8_t digit(char c) {
    return hexadecimal[static_cast<unsigned char>(c)];
}

bool remove_braces(std::string_view& text) {
    if (text.empty() || text.front() != '{') return true;
    if (text.back() != '}') return false;
    text = text.substr(1, text.size() - 2);
    return true;
}

constexpr std::size_t usual_length = 36;

// Two words of eight characters each, which are worked on at once.
using Words [[gnu::vector_size(16)]] = std::uint64_t;

// The first byte in memory becomes the lowest of the word, on any processor, and the other way round.
std::uint64_t lowest_first(std::uint64_t word) {
    return std::endian::native == std::endian::big ? __builtin_bswap64(word) : word;
}

template <std::size_t size>
std::uint64_t characters_at(const char* text) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, size);
    return lowest_first(word);
}

// The values of hexadecimal digits, one in each byte. What is no digit leaves bits in `wrong`: its
// value is 16 or more, or doesn't give the character again.
[[gnu::always_inline]] inline Words digits_of(Words characters, Words& wrong) {
    constexpr std::uint64_t each = 0x0101'0101'0101'0101;
    const Words letters = characters >> 6 & each;
    const Words values = (characters & each * 0x0f) + (letters << 3) + letters;
    const Words beyond_nine = (values + each * 6) >> 4 & each;
    const Words expected =
        values + each * '0' + (beyond_nine << 5) + (beyond_nine << 3) - beyond_nine;
    wrong |= (values & each * 0xf0) | (expected ^ (characters | letters << 5));
    return values;
}

// Two digits a byte, in the lower half of each word.
Words bytes_of(Words digits) {
    digits = (digits << 4 | digits >> 8) & 0x00ff'00ff'00ff'00ff;
    digits = (digits | digits >> 8) & 0x0000'ffff'0000'ffff;
    return digits | digits >> 16;
}

void put(std::uint64_t word, std::uint8_t* to) {
    word = lowest_first(word);
    std::memcpy(to, &word, sizeof word / 2);
}

}  // namespace

bool read_usual_uuid(std::string_view text, engine::Uuid& uuid) {
    if (text.size() != usual_length || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
        text[23] != '-')
        return false;
    const char* const at = text.data();
    Words wrong = {};
    const Words first = bytes_of(digits_of(
        Words{characters_at<8>(at), characters_at<4>(at + 9) | characters_at<4>(at + 14) << 32},
        wrong));
    const Words second =
        bytes_of(digits_of(Words{characters_at<4>(at + 19) | characters_at<4>(at + 24) << 32,
                                 characters_at<8>(at + 28)},
                           wrong));
    put(first[0], uuid.bytes);
    put(first[1], uuid.bytes + 4);
    put(second[0], uuid.bytes + 8);
    put(second[1], uuid.bytes + 12);
    return (wrong[0] | wrong[1]) == 0;
}

ParseResult read_any_uuid(std::string_view text, engine::Uuid& uuid) {
    if (text == "{" || !remove_braces(text)) return ParseResult::wrong_type;
    for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
        if (text.size() < 2) return ParseResult::wrong_type;
        const std::uint8_t high = digit(text[0]), low = digit(text[1]);
        if (high == no_digit || low == no_digit) return ParseResult::wrong_type;
        uuid.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
        text.remove_prefix(2);
        const bool after_group = i % 2 == 1 && i + 1 < sizeof uuid.bytes;
        if (after_group && text.starts_with('-')) text.remove_prefix(1);
    }
    return text.empty() ? ParseResult::ok : ParseResult::wrong_type;
}

ParseResult read_uuid(std::string_view text, engine::Uuid& uuid) {
    return read_usual_uuid(text, uuid) ? ParseResult::ok : read_any_uuid(text, uuid);
}

}  // namespace tidewheel::codec
