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
    std::string reason = "reset";  // is written down for what is skipped
    std::string topic_recreated;   // instead of all this: a topic that was deleted and made anew
    bool allow_duplicates = false;
    bool yes = false;
    bool dry_run = false;
};

void add_reset(CLI::App& program, Context& context);
// Where statements go on, decided by a human. One transaction, while the services run.
int reset(Context& context, const ResetOptions& options);
// The statements begin with the topic's first record once more. Throws Error (pipeline) where that
// would store something twice.
void read_again(Context& context, const std::vector<std::string>& statements);

}  // namespace tidewheel::cli
