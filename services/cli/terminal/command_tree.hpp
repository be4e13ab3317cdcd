#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Flag {
    std::vector<std::string> spellings;  // --json, -j
    std::string help;
    bool takes_value = false;
};

// One command as completion sees it.
struct CommandNode {
    std::vector<std::string> path;  // {}: the program itself; {"dlq", "show"}
    std::string help;
    // Its own and, since settings may stand anywhere, those of the commands above it.
    std::vector<Flag> flags;
    std::vector<std::string> commands;
    std::vector<std::string> command_help;  // one for each of `commands`
};

// The program first, then every command, depth first.
std::vector<CommandNode> command_tree(const CLI::App& program);

}  // namespace tidewheel::cli
