#pragma once
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct RedeliverOptions {
    std::string sink;
    std::string subscriber;  // empty: all
};
int redeliver(Context& context, const RedeliverOptions& options);
void add_redeliver(CLI::App& program, Context& context);

}  // namespace tidewheel::cli
