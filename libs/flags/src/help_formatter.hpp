#pragma once
#include <CLI/CLI.hpp>
#include <memory>

namespace tidewheel::flags {

// How --help is written. CLI11 2.1 (Debian 12) and 2.4 (Debian 13) print an option's default each
// in their own way; this is the later one.
std::shared_ptr<CLI::Formatter> help_formatter();

}  // namespace tidewheel::flags
