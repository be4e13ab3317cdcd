#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

// docs/reference/cli.md: the --help of every command.
std::string reference_page(const CLI::App& program);

}  // namespace tidewheel::cli
