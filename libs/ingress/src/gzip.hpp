#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tidewheel/core/result.hpp"

namespace tidewheel::ingress {

enum class GzipFault { damaged, too_large };

// What gzip (RFC 1952, one member or several) makes of it, if that is at most so large.
Result<std::string, GzipFault> inflated(std::string_view compressed, std::size_t most);

}  // namespace tidewheel::ingress
