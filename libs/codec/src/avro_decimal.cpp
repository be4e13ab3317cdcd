#include "avro_decimal.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "number_text.hpp"

namespace tidewheel::codec {
namespace {

// A big-endian number in two's complement, without its sign: divided by a billion again and again,
// whose remainders are its digits from the last ones on.
bool append_magnitude(std::string_view bytes, std::string& to) {
    constexpr std::size_t most_bytes = 400;  // fewer than 1,000 digits
    constexpr std::uint64_t billion = 1'000'000'000;
    if (bytes.size() > most_bytes) return false;
    const bool is_negative = !bytes.empty() && (bytes[0] & 0x80);
    std::array<std::uint8_t, most_bytes> number;
    int carry = is_negative;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        const int byte = static_cast<std::uint8_t>(is_negative ? ~bytes[i] : bytes[i]) + carry;
        number[i] = static_cast<std::uint8_t>(byte);
        carry = byte >> 8;
    }
    const std::size_t begin = to.size();
    std::size_t first = 0;
    while (first < bytes.size()) {
        std::uint64_t rest = 0;
        for (std::size_t i = first; i < bytes.size(); ++i) {
            rest = rest << 8 | number[i];
            number[i] = static_cast<std::uint8_t>(rest / billion);
            rest %= billion;
        }
        while (first < bytes.size() && number[first] == 0)
            ++first;
        for (int digit = 0; digit < 9; ++digit, rest /= 10)
            to += static_cast<char>('0' + rest % 10);
    }
    while (to.size() > begin && to.back() == '0')
        to.pop_back();
    std::reverse(to.begin() + static_cast<std::ptrdiff_t>(begin), to.end());
    return true;
}

// The same in few bytes, as nearly every one is: 15 digits, for which no string allocates.
constexpr std::size_t short_bytes = 6;
std::int64_t short_number(std::string_view bytes) {
    std::int64_t number = !bytes.empty() && (bytes[0] & 0x80) ? -1 : 0;
    for (const char byte : bytes)
        number = number * 256 + static_cast<std::uint8_t>(byte);
    return number;
}

}  // namespace

bool append_decimal(std::string_view bytes, int digits_of_scale, std::string& to) {
    if (!bytes.empty() && (bytes[0] & 0x80)) to += '-';
    const std::size_t begin = to.size(), scale = static_cast<std::size_t>(digits_of_scale);
    if (bytes.size() <= short_bytes)
        to += std::to_string(std::abs(short_number(bytes)));
    else if (!append_magnitude(bytes, to))
        return false;
    const std::size_t digits = to.size() - begin;
    if (digits <= scale) to.insert(begin, scale + 1 - digits, '0');
    if (scale > 0) to.insert(to.size() - scale, 1, '.');
    if (to.size() > number_length_limit) return false;
    return true;
}

}  // namespace tidewheel::codec
