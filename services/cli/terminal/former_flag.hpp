#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

// The former name of a flag. It works for one more release, is listed nowhere, and leaves a note
// with the present name on standard error. `value` must outlive `command`.
void add_former_flag(CLI::App& command, Context& context, const std::string& former,
                     const std::string& present, bool& value);

}  // namespace tidewheel::cli
