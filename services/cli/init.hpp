#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct InitOptions {
    std::string
        owner;  // the role that will apply pipelines; empty: everybody may use the server `kafka`
};

void add_init(CLI::App& program, Context& context);
int init(Context& context, const InitOptions& options);

}  // namespace tidewheel::cli
