#pragma once

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;
void add_snapshot(CLI::App& program, Context& context);

}  // namespace tidewheel::cli
