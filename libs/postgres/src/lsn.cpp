#include "tidewheel/postgres/lsn.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace tidewheel::postgres {
namespace {

constexpr int half = 32;

std::optional<std::uint32_t> hex(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string lsn_text(Lsn lsn) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%X/%X", static_cast<unsigned>(lsn >> half),
                  static_cast<unsigned>(lsn));
    return text.data();
}

std::optional<Lsn> parse_lsn(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto high = hex(text.substr(0, slash)), low = hex(text.substr(slash + 1));
    if (!high || !low) return std::nullopt;
    return Lsn{*high} << half | *low;
}

}  // namespace tidewheel::postgres
