#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

#include "tidewheel/core/settings_table.hpp"

// How a setting is called: as a flag, and in the environment.
namespace tidewheel {

std::string Setting::flag() const {
    std::string name = "--" + std::string(key);
    std::ranges::replace(name, '_', '-');
    return name;
}

std::string Setting::environment() const {
    std::string name = "TIDEWHEEL_" + std::string(key);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

bool Setting::is_list() const {
    return std::holds_alternative<std::vector<std::string> Settings::*>(field);
}

std::vector<std::string> Setting::values_in_environment() const {
    const char* text = std::getenv(environment().c_str());
    if (text == nullptr || *text == '\0') return {};
    if (!is_list()) return {text};
    std::vector<std::string> values;
    std::istringstream stream(text);
    for (std::string value; std::getline(stream, value, ';');)
        if (!value.empty()) values.push_back(value);
    return values;
}

}  // namespace tidewheel
