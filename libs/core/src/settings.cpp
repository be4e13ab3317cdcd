#include "tidewheel/core/settings.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sstream>

#include "help.hpp"
#include "settings_file.hpp"
#include "settings_table.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel {
namespace {

constexpr auto config_variable = "TIDEWHEEL_CONFIG";

std::string environment_value(const std::string& variable) {
    const char* value = std::getenv(variable.c_str());
    return value == nullptr ? "" : value;
}

const Setting* find_setting(std::string key) {
    std::ranges::replace(key, '-', '_');
    const auto found = std::ranges::find(settings_table(), key, &Setting::key);
    return found == settings_table().end() ? nullptr : &*found;
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);) {
        if (!part.empty()) parts.push_back(part);
    }
    return parts;
}

// A config file for CLI11, read by our own parser: CLI11's cuts a quoted value at '#' and splits a
// bare one at ','. The file serves every program, so a key of another program's is skipped, and
// only one that nobody knows is an error.
class ConfigFile final : public CLI::Config {
  public:
    explicit ConfigFile(Audience program) : program_(program) {}

    std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override try {
        const std::string text(std::istreambuf_iterator<char>(input), {});
        std::vector<CLI::ConfigItem> found_items;
        for (const FileSetting& found : parse_settings_file(text)) {
            const Setting& setting = checked(found);
            // CLI11 lets the file win over the environment; everyone expects the reverse.
            const bool overridden = !environment_value(setting.environment()).empty();
            if (overridden || !is_for(setting.audience, program_)) continue;
            CLI::ConfigItem& item = found_items.emplace_back();
            item.name = setting.flag().substr(2);
            item.inputs = found.values;
        }
        return found_items;
    } catch (const Error& error) {
        throw CLI::ConfigError(error.what());
    }

  private:
    static const Setting& checked(const FileSetting& found) {
        const std::string where =
            "config file, line " + std::to_string(found.line) + ": " + found.key + ": ";
        const Setting* setting = find_setting(found.key);
        if (setting == nullptr) throw CLI::ConfigError(where + "no such setting");
        if (found.values.empty()) throw CLI::ConfigError(where + "the array is empty");
        if (found.values.size() > 1 && !setting->is_list()) {
            throw CLI::ConfigError(where + "takes one value, not an array");
        }
        Settings scratch;
        if (const auto wrong = setting->read(found.values, scratch)) {
            throw CLI::ConfigError(where + *wrong);
        }
        return *setting;
    }

    Audience program_;
};

void bind_one(CLI::App& app, Settings& settings, const Setting& setting) {
    const auto store = [&settings, setting](std::vector<std::string> values) {
        std::string source = setting.flag();
        if (values.size() == 1 && values.front() == environment_value(setting.environment())) {
            source += " (from " + setting.environment() + ")";
            if (setting.is_list()) values = split(values.front(), ';');
        }
        const auto wrong = setting.read(values, settings);
        if (wrong) throw CLI::ValidationError(source, *wrong);
        return true;
    };
    auto* option =
        app.add_option(setting.flag(), CLI::callback_t(store), std::string(setting.help));
    option->envname(setting.environment())->type_name(std::string(setting.unit));
    option->default_str(setting.print(settings));
    if (!setting.is_list()) return;
    option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

std::string audience_words(Audience audience) {
    if (audience == Audience::all) return "all";
    std::string words;
    const std::pair<Audience, const char*> names[] = {{Audience::cli, "cli"},
                                                      {Audience::producer, "producer"},
                                                      {Audience::worker, "worker"},
                                                      {Audience::aggregator, "aggregator"}};
    for (const auto& [one, name] : names) {
        if (is_for(audience, one)) words.append(words.empty() ? "" : ", ").append(name);
    }
    return words;
}

}  // namespace

void bind(CLI::App& app, Settings& settings, Audience audience) {
    const std::string config = environment_value(config_variable);
    app.formatter(help_formatter());  // subcommands that are added from now on take it over
    app.config_formatter(std::make_shared<ConfigFile>(audience));
    app.set_config("--config", config, "a file of settings, key = value a line", !config.empty())
        ->type_name("path")
        ->envname(config_variable);
    for (const Setting& setting : settings_table()) {
        if (is_for(setting.audience, audience)) bind_one(app, settings, setting);
    }
}

std::vector<SettingDescription> describe_settings() {
    const Settings defaults;
    std::vector<SettingDescription> descriptions;
    for (const Setting& setting : settings_table()) {
        descriptions.push_back({std::string(setting.key), setting.flag(), setting.environment(),
                                setting.print(defaults), std::string(setting.unit),
                                std::string(setting.help), setting.audience});
    }
    return descriptions;
}

std::string settings_as_markdown() {
    std::string page =
        "# Settings\n\n"
        "Generated from the table in `libs/core/src/settings_table.cpp`.\n\n"
        "Each setting is a flag, an environment variable and a key in a config file. A flag wins "
        "over the\n"
        "environment, the environment over the file (`--config FILE` or `TIDEWHEEL_CONFIG`), the "
        "file over the\n"
        "default. The file is plain TOML, `batch_rows = 5000` a line, and one file serves every "
        "program.\n"
        "Sizes are written as `512k` or `8MiB` (powers of 1024), times as `20ms`, `5s` or `2m`.\n\n"
        "| key | flag | environment | default | unit | programs | meaning |\n"
        "|---|---|---|---|---|---|---|\n";
    for (const SettingDescription& row : describe_settings()) {
        const std::string value = row.default_value.empty() ? "" : "`" + row.default_value + "`";
        page += "| `" + row.key + "` | `" + row.flag + "` | `" + row.environment + "` | " + value +
                " | " + row.unit + " | " + audience_words(row.audience) + " | " + row.help + " |\n";
    }
    return page;
}

}  // namespace tidewheel
