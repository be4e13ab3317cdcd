#include "cli/terminal/former_flag.hpp"

#include <CLI/CLI.hpp>

#include "cli/context.hpp"

namespace tidewheel::cli {

void add_former_flag(CLI::App& command, Context& context, const std::string& former,
                     const std::string& present, bool& value) {
    const auto given = [&context, &value, note = former + " is now " + present] {
        value = true;
        context.notes.push_back(note);
    };
    command.add_flag_callback(former, given)->group("");  // no group: --help leaves it out
}

}  // namespace tidewheel::cli
