#pragma once

namespace CLI {
class App;
}

namespace tidewheel::catalogue {
struct InitOptions;
}

namespace tidewheel::cli {

struct Context;

void add_init(CLI::App& program, Context& context);
int init(Context& context, const catalogue::InitOptions& options);

}  // namespace tidewheel::cli
