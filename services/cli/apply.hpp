#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct ApplyOptions {
    std::vector<std::string> paths;  // files or folders
    bool rebuild = false;            // compute anew what is changed, or was
    bool from_what_is_left = false;  // though a topic has lost its beginning
    bool dry_run = false;            // what `plan` does
};

void add_apply(CLI::App& program, Context& context);
// One transaction, and the topics that are missing: all of it, or nothing is changed (an empty
// topic may remain).
int apply(Context& context, const ApplyOptions& options);

}  // namespace tidewheel::cli
