#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/core/settings_table.hpp"

namespace tidewheel {

// A config file whose keys are known and whose values can be read. One file serves every program,
// so it may hold settings that the reader has no use for.
struct ConfigFile {
    struct Entry {
        const Setting* setting;
        std::vector<std::string> values;  // one, unless the setting is a list
    };
    std::vector<Entry> entries;
    bool holds_secret = false;  // the file contains a secret
};

// Throws Error (setting) that names the line.
ConfigFile read_config_file(std::string_view text);

}  // namespace tidewheel
