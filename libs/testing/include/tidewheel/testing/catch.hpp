#pragma once
// Catch2 v2 (Debian 12) and v3 (Debian 13) by one name.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
namespace Catch {
namespace Matchers {
inline auto ContainsSubstring(const std::string& text) {
    return Contains(text);
}
}  // namespace Matchers
}  // namespace Catch
#endif
