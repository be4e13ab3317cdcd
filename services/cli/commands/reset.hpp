#pragma once
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct ResetOptions {
    std::vector<std::string> statements;
    std::string to;                // earliest, latest, an offset, or a time
    std::optional<int> partition;  // none: all that the statements read
    std::string reason = "reset";  // recorded with the skipped offsets
    std::string topic_recreated;   // instead of all this: a topic that was deleted and recreated
    bool allow_duplicates = false;
    bool yes = false;
    bool dry_run = false;
};

void add_reset(CLI::App& program, Context& context);
// Sets where statements continue. One transaction, while the services run.
int reset(Context& context, const ResetOptions& options);

}  // namespace tidewheel::cli
