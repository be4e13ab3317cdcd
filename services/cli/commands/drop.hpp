#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct DropOptions {
    std::vector<std::string> names;  // statements, streams or plain objects
    bool cascade = false;            // a stream with the statements that read it
    bool yes = false;                // don't ask
};

void add_drop(CLI::App& program, Context& context);
int drop(Context& context, const DropOptions& options);

}  // namespace tidewheel::cli
