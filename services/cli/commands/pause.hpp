#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

void add_pause(CLI::App& program, Context& context);  // pause and resume
// Nothing of a paused statement is committed after this has returned; once resumed, it continues
// where it stopped. Repeating either changes nothing.
int pause(Context& context, const std::vector<std::string>& names);
int resume(Context& context, const std::vector<std::string>& names);

}  // namespace tidewheel::cli
