#pragma once
#include <string_view>

namespace tidewheel {

std::string_view version();  // 0.1.0: the one of the CMake project

}  // namespace tidewheel
