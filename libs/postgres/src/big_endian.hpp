#pragma once
#include <bit>
#include <cstring>

namespace tidewheel::postgres {

template <class Integer>
Integer big_endian(Integer value) {
    if constexpr (std::endian::native == std::endian::big || sizeof(Integer) == 1) return value;
    if constexpr (sizeof(Integer) == 2) return static_cast<Integer>(__builtin_bswap16(value));
    if constexpr (sizeof(Integer) == 4) return static_cast<Integer>(__builtin_bswap32(value));
    if constexpr (sizeof(Integer) == 8) return static_cast<Integer>(__builtin_bswap64(value));
}

// Writes a value in network order, and returns where it ends.
template <class Integer>
char* put(char* at, Integer value) {
    const Integer wire = big_endian(value);
    std::memcpy(at, &wire, sizeof wire);
    return at + sizeof wire;
}

}  // namespace tidewheel::postgres
