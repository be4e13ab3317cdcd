#include "tidewheel/core/config_file.hpp"

#include <algorithm>
#include <map>

#include "settings_file.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/suggestion.hpp"

namespace tidewheel {
namespace {

const Setting* find_setting(std::string key) {
    std::ranges::replace(key, '-', '_');
    const auto found = std::ranges::find(settings_table(), key, &Setting::key);
    return found == settings_table().end() ? nullptr : &*found;
}

[[noreturn]] void fail(const FileSetting& found, const std::string& what) {
    throw Error(Error::Kind::setting,
                "config file, line " + std::to_string(found.line) + ": " + found.key + ": " + what);
}

std::vector<std::string> keys() {
    std::vector<std::string> keys;
    for (const Setting& setting : settings_table())
        keys.emplace_back(setting.key);
    return keys;
}

const Setting& checked(const FileSetting& found) {
    const Setting* setting = find_setting(found.key);
    if (setting == nullptr) {
        const std::string meant = did_you_mean(found.key, keys());
        fail(found, "unknown setting" + (meant.empty() ? "" : ". " + meant));
    }
    if (found.values.empty()) fail(found, "the array is empty");
    if (found.values.size() > 1 && !setting->is_list())
        fail(found, "takes one value, not an array");
    Settings scratch;
    if (const auto wrong = setting->read(found.values, scratch)) fail(found, *wrong);
    return *setting;
}

bool is_secret(const Setting& setting, const FileSetting& found) {
    if (names_secret(setting.key)) return !setting.key.ends_with("_file");
    return std::ranges::any_of(found.values, [](const std::string& value) {
        const bool is_url = value.find("://") != std::string::npos;
        return (is_url && without_secret(value) != value) ||
               value.find("password=") != std::string::npos ||
               (!is_url && names_secret(value.substr(0, value.find('='))));
    });
}

}  // namespace

ConfigFile read_config_file(std::string_view text) {
    ConfigFile file;
    std::map<std::string_view, std::size_t> lines;  // by key
    for (FileSetting& found : parse_settings_file(text)) {
        const Setting& setting = checked(found);
        const auto [first, is_new] = lines.emplace(setting.key, found.line);
        if (!is_new) fail(found, "already set in line " + std::to_string(first->second));
        file.holds_secret = file.holds_secret || is_secret(setting, found);
        file.entries.push_back({&setting, std::move(found.values)});
    }
    return file;
}

}  // namespace tidewheel
