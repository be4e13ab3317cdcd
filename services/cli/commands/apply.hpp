#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct ApplyOptions {
    std::vector<std::string> paths;      // files or folders
    bool rebuild = false;                // recompute what changes, or changed earlier
    bool allow_truncated_topic = false;  // even if a topic has lost records
    bool dry_run = false;                // what `plan` does
};

void add_apply(CLI::App& program, Context& context);
// One transaction, and the topics that are missing: all of it, or nothing is changed (an empty
// topic may remain).
int apply(Context& context, const ApplyOptions& options);

}  // namespace tidewheel::cli
