#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel {

struct FileSetting {
    std::string key;
    std::vector<std::string> values;  // one, unless the file has an array
    std::size_t line;
};

// Reads the flat part of TOML that a list of settings needs: comments, key = value with a bare,
// 'literal' or "basic" value, and arrays of these. Throws Error (setting) that names the line.
std::vector<FileSetting> parse_settings_file(std::string_view text);

}  // namespace tidewheel
