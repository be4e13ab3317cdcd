#pragma once

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;
void add_produce(CLI::App& program, Context& context);  // the work is services/producer's

}  // namespace tidewheel::cli
