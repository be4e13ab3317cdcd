#pragma once
#include <string_view>
#ifdef TIDEWHEEL_WEAKENED
#include <cstdlib>
#endif

// Guards of exactly-once that a test takes away, one by one, to see that the suite notices:
// tests/weakened. In what users run there is nothing to take away: it is false when compiled.
namespace tidewheel {

#ifdef TIDEWHEEL_WEAKENED
// Whether TIDEWHEEL_WEAKEN names it: no_epoch,no_compare
inline bool weakened(std::string_view guard) {
    const char* names = std::getenv("TIDEWHEEL_WEAKEN");
    std::string_view rest = names == nullptr ? "" : names;
    while (!rest.empty()) {
        const std::size_t end = rest.find(',');
        if (rest.substr(0, end) == guard) return true;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return false;
}
#else
constexpr bool weakened(std::string_view) {
    return false;
}
#endif

}  // namespace tidewheel
