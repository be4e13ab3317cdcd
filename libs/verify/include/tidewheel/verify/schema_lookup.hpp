#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tidewheel::verify {

// The schema of an id in the registry at a URL, behind those whose types it names; nullopt: there is
// none. Throws Error (unavailable) when the registry can't tell.
using SchemaLookup = std::function<std::optional<std::vector<std::string>>(const std::string& url,
                                                                           std::uint32_t id)>;

}  // namespace tidewheel::verify
