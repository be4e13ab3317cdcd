#include "tidewheel/flags/settings_flags.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "help_formatter.hpp"
#include "tidewheel/core/config_file.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/stray_variables.hpp"

namespace tidewheel::flags {
namespace {

constexpr auto config_variable = "TIDEWHEEL_CONFIG";

std::string environment_value(const std::string& variable) {
    const char* value = std::getenv(variable.c_str());
    return value == nullptr ? "" : value;
}

// Our config file as CLI11 wants it. CLI11's own reader cuts a quoted value at '#' and splits a
// bare one at ','.
class ConfigReader final : public CLI::Config {
  public:
    // Sets `holds_secret` when the file contains a secret.
    ConfigReader(Programs program, std::shared_ptr<bool> holds_secret)
        : program_(program), holds_secret_(std::move(holds_secret)) {}

    std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override try {
        const ConfigFile file =
            read_config_file(std::string(std::istreambuf_iterator<char>(input), {}));
        *holds_secret_ = file.holds_secret;
        std::vector<CLI::ConfigItem> found;
        for (const auto& [setting, values] : file.entries) {
            if (!is_for(setting->programs, program_)) continue;
            // CLI11 lets the file win over the environment; everyone expects the reverse.
            if (!environment_value(setting->environment()).empty()) continue;
            CLI::ConfigItem& item = found.emplace_back();
            item.name = setting->flag().substr(2);
            item.inputs = values;
        }
        return found;
    } catch (const Error& error) {
        throw CLI::ConfigError(error.what());
    }

  private:
    Programs program_;
    std::shared_ptr<bool> holds_secret_;
};

void add_one(CLI::App& app, Settings& settings, const Setting& setting) {
    const auto store = [&settings, &setting](std::vector<std::string> values) {
        std::string source = setting.flag();
        const std::string variable = environment_value(setting.environment());
        if (!variable.empty() && values.size() == 1 && values.front() == variable) {
            source += " (from " + setting.environment() + ")";
            values = setting.values_in_environment();
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

}  // namespace

void add_settings(CLI::App& app, Settings& settings, Programs programs) {
    const std::string config = environment_value(config_variable);
    app.formatter(help_formatter());  // subcommands that are added from now on take it over
    const auto holds_secret = std::make_shared<bool>(false);
    app.config_formatter(std::make_shared<ConfigReader>(programs, holds_secret));
    app.set_config("--config", config, "a configuration file, one key = value per line",
                   !config.empty())
        ->type_name("path")
        ->envname(config_variable);
    for (const Setting& setting : settings_table()) {
        if (is_for(setting.programs, programs)) add_one(app, settings, setting);
    }
    app.parse_complete_callback([&app, &settings, holds_secret] {
        settings.warnings = stray_variables();
        const auto files = app.get_config_ptr()->as<std::vector<std::string>>();
        if (!*holds_secret || files.empty()) return;
        if (auto exposed = exposure_of(files.back(), "config file"); !exposed.empty())
            settings.warnings.push_back(std::move(exposed));
    });
}

}  // namespace tidewheel::flags
