#pragma once
#include <string>

namespace tidewheel {

std::string settings_as_markdown();  // docs/reference/settings.md

}  // namespace tidewheel
