#include "tidewheel/flags/flag.hpp"

#include <CLI/CLI.hpp>

#include "tidewheel/core/error.hpp"

namespace tidewheel::flags {

void add_flags(CLI::App& app, const std::vector<Flag>& flags) {
    for (const Flag& flag : flags) {
        const auto read = [name = flag.name, read = flag.read](const std::string& value) {
            try {
                read(value);
            } catch (const Error& error) {
                throw CLI::ValidationError(name, error.what());
            }
        };
        app.add_option_function<std::string>(flag.name, read, flag.help)
            ->type_name(flag.unit)
            ->default_str(flag.preset);
    }
}

}  // namespace tidewheel::flags
