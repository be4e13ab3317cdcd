#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct PlanOptions {
    std::vector<std::string> paths;  // none: what the catalogue holds
    bool rebuild = false;
};

void add_plan(CLI::App& program, Context& context);
int plan(Context& context, const PlanOptions& options);

}  // namespace tidewheel::cli
