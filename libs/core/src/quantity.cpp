#include "quantity.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <limits>
#include <span>

namespace tidewheel {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t kibi = 1024, mebi = kibi * kibi, gibi = mebi * kibi;
constexpr Unit size_units[] = {{"", 1},       {"b", 1},     {"k", kibi},  {"kb", kibi},
                               {"kib", kibi}, {"m", mebi},  {"mb", mebi}, {"mib", mebi},
                               {"g", gibi},   {"gb", gibi}, {"gib", gibi}};
constexpr Unit time_units[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return lower;
}

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units) {
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    const auto unit = std::ranges::find(units, in_lower_case(text), &Unit::name);
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (unit == units.end() || number > largest / unit->factor) return std::nullopt;
    return number * unit->factor;
}

// In the largest unit that divides it; `units` ascend.
std::string print(std::uint64_t number, std::span<const Unit> units) {
    Unit best = units.front();
    for (const Unit& unit : units) {
        if (number != 0 && number % unit.factor == 0) best = unit;
    }
    return std::to_string(number / best.factor).append(best.name);
}

}  // namespace

std::optional<std::size_t> parse_count(std::string_view text) {
    constexpr Unit none[] = {{"", 1}};
    return parse(text, none);
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
    return parse(text, size_units);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto milliseconds = parse(text, time_units);
    if (!milliseconds) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*milliseconds));
}

std::string print_bytes(std::size_t bytes) {
    constexpr Unit units[] = {{"", 1}, {"KiB", kibi}, {"MiB", mebi}, {"GiB", gibi}};
    return print(bytes, units);
}

std::string print_duration(std::chrono::milliseconds time) {
    constexpr Unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
    return print(static_cast<std::uint64_t>(time.count()), units);
}

}  // namespace tidewheel
