#pragma once
#include "tidewheel/core/settings.hpp"

namespace tidewheel {

// Checks ranges, names the instance, and reads the files that hold secrets: the password goes into
// `database`, the token into `http_token`. Throws Error (setting). A second call changes nothing.
void validate(Settings& settings);

}  // namespace tidewheel
