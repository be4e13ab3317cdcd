#pragma once

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

// For --help: the command has a command line of its own, since it has a service's settings.
void add_run(CLI::App& program, Context& context);

bool is_run(int argc, const char* const* argv);  // whether the command comes first, as it must
// Runs all statements in one process until it is stopped. The exit status.
int run(int argc, char** argv);

}  // namespace tidewheel::cli
