#pragma once
#include <iosfwd>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

// The whole of `tidewheel`: parses the arguments, runs the command, prints what went wrong. Returns
// the exit status.
int run_program(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

// Every command with its flags. `context` must outlive `app`.
void add_commands(CLI::App& app, Context& context);

}  // namespace tidewheel::cli
