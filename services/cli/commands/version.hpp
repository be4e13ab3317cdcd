#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;
void add_version(CLI::App& program, Context& context);
int version(Context& context);
std::string version_line();

}  // namespace tidewheel::cli
