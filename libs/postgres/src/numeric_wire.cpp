#include "numeric_wire.hpp"

#include <array>
#include <cstdint>

#include "big_endian.hpp"

namespace tidewheel::postgres {
namespace {

__extension__ using Magnitude = unsigned __int128;

constexpr std::uint16_t positive = 0x0000, negative = 0x4000;
constexpr unsigned base = 10'000;
constexpr std::int16_t digits_of_group = 4;

// Digits in base 10,000, collected from the last one on.
class Groups {
  public:
    void add(std::uint16_t group) {
        if (count_ == 0 && group == 0)
            ++dropped_;
        else
            groups_[numeric_groups_limit - ++count_] = big_endian(group);
    }
    std::int16_t count() const { return static_cast<std::int16_t>(count_); }
    std::int16_t dropped() const { return dropped_; }  // zeros after the last digit
    char* put(char* at) const {
        const std::size_t bytes = count_ * sizeof(std::uint16_t);
        std::memcpy(at, groups_.data() + numeric_groups_limit - count_, bytes);
        return at + bytes;
    }

  private:
    std::array<std::uint16_t, numeric_groups_limit> groups_;
    std::size_t count_ = 0;
    std::int16_t dropped_ = 0;
};

// Takes the last digits, so many that `unit` is a power of ten of them, as the beginning of a group
// that ends in zeros.
template <unsigned unit, class Integer>
void add_partial(Integer& value, Groups& groups) {
    groups.add(static_cast<std::uint16_t>(value % unit * (base / unit)));
    value /= unit;
}

// Divisors that the compiler knows become multiplications.
template <class Integer>
void add_all(Integer value, int partial, Groups& groups) {
    switch (partial) {
        case 1:
            add_partial<10>(value, groups);
            break;
        case 2:
            add_partial<100>(value, groups);
            break;
        case 3:
            add_partial<1000>(value, groups);
            break;
        default:
            break;
    }
    for (; value != 0; value /= base)
        groups.add(static_cast<std::uint16_t>(value % base));
}

}  // namespace

char* put_numeric(char* at, const engine::Numeric& value) {
    const bool is_negative = value.high < 0;
    const Magnitude bits = static_cast<Magnitude>(value.unscaled());
    const Magnitude magnitude = is_negative ? -bits : bits;
    const auto low = static_cast<std::uint64_t>(magnitude);
    const int partial = value.scale % digits_of_group;
    const int fraction_groups = (value.scale + digits_of_group - 1) / digits_of_group;
    Groups groups;
    if (magnitude == low)
        add_all(low, partial, groups);
    else
        add_all(magnitude, partial, groups);
    const int weight =
        groups.count() == 0 ? 0 : groups.count() + groups.dropped() - fraction_groups - 1;
    at = put(at, groups.count());
    at = put(at, static_cast<std::int16_t>(weight));
    at = put(at, groups.count() > 0 && is_negative ? negative : positive);
    at = put(at, value.shown);
    return groups.put(at);
}

}  // namespace tidewheel::postgres
