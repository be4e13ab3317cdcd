#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;
void add_completion(CLI::App& program, Context& context);

// Completion scripts, made from the tree of commands and flags itself, so that they can't fall
// behind it.
std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

}  // namespace tidewheel::cli
