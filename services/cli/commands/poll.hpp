#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct PollOptions {
    std::string stream;
    bool even_unchanged = false;
};

void add_poll(CLI::App& program, Context& context);
int poll(Context& context, const PollOptions& options);

}  // namespace tidewheel::cli
