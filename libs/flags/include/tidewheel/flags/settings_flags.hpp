#pragma once
#include "tidewheel/core/settings_table.hpp"

namespace CLI {
class App;
}

namespace tidewheel::flags {

// Adds the settings of one program to a command line parser: flags, environment variables and
// --config FILE (also TIDEWHEEL_CONFIG). `app` is the root, not a subcommand: CLI11 reads a config
// file only there. The values are in `settings`, which must outlive the parser, once it has run;
// validate() comes next.
void add_settings(CLI::App& app, Settings& settings, Programs programs);

}  // namespace tidewheel::flags
