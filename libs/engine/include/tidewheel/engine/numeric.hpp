#pragma once
#include <cstdint>
#include <string_view>

namespace tidewheel::engine {

// A value of PostgreSQL's numeric: unscaled * 10^-scale, with `shown` digits after the point when
// it is printed (PostgreSQL's dscale). 0 <= scale <= shown. NaN and the infinities have no such
// form.
//
// The scale may be less than what is shown: 1.50 / 100 is 0.0150 with 20 digits shown, and no
// 128-bit number need be multiplied for that.
struct Numeric {
    std::uint64_t low = 0;  // of the 128-bit two's complement
    std::int64_t high = 0;
    std::int16_t scale = 0;
    std::int16_t shown = 0;
    // Not 0: the value has more than 38 digits. Then `low` is a pointer to its binary form
    // (numeric_send), of so many bytes.
    std::uint32_t wide = 0;

    __extension__ using Int128 = __int128;
    static constexpr int digits_limit = 38;

    static Numeric of(Int128 unscaled, int scale, int shown) {
        Numeric value;
        value.low = static_cast<std::uint64_t>(unscaled);
        value.high = static_cast<std::int64_t>(unscaled >> 64);
        value.scale = static_cast<std::int16_t>(scale);
        value.shown = static_cast<std::int16_t>(shown);
        return value;
    }
    static Numeric of_wire(std::string_view wire) {
        Numeric value;
        value.low = reinterpret_cast<std::uintptr_t>(wire.data());
        value.wide = static_cast<std::uint32_t>(wire.size());
        return value;
    }
    bool is_wide() const { return wide != 0; }
    Int128 unscaled() const { return (static_cast<Int128>(high) << 64) | low; }
    std::string_view wire() const { return {reinterpret_cast<const char*>(low), wide}; }
};
static_assert(sizeof(Numeric) == 24);

}  // namespace tidewheel::engine
