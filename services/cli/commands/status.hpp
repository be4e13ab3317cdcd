#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct StatusOptions {
    std::vector<std::string> names;  // statements, streams or topics; none: all
    bool partitions = false;         // a line per partition
    bool explain = false;            // why something is behind
    bool watch = false;              // again every second, until stopped
    bool wait = false;               // until nothing is behind
    double timeout = 300;            // seconds, for `wait`
};

void add_status(CLI::App& program, Context& context);
int status(Context& context, const StatusOptions& options);

}  // namespace tidewheel::cli
