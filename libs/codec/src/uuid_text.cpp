#include "uuid_text.hpp"

#include <array>
#include <cstdint>

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
constexpr std::array<std::uint8_t, sizeof(engine::Uuid)> usual_places = {
    0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};  // of the first digit of each byte

}  // namespace

// Digits are values below 16, so anything else shows in the upper bits of all of them together.
bool read_usual_uuid(std::string_view text, engine::Uuid& uuid) {
    if (text.size() != usual_length || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
        text[23] != '-')
        return false;
    std::uint8_t all = 0;
    for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
        const std::size_t place = usual_places[i];
        const std::uint8_t high = digit(text[place]), low = digit(text[place + 1]);
        uuid.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
        all |= high | low;
    }
    return all < 16;
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
