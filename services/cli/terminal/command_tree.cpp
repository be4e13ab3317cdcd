#include "cli/terminal/command_tree.hpp"

#include <CLI/CLI.hpp>

namespace tidewheel::cli {
namespace {

Flag flag_of(const CLI::Option& option) {
    Flag flag;
    for (const std::string& name : option.get_lnames())
        flag.spellings.push_back("--" + name);
    for (const std::string& name : option.get_snames())
        flag.spellings.push_back("-" + name);
    flag.help = option.get_description();
    flag.takes_value = option.get_items_expected_max() > 0;
    return flag;
}

void visit(const CLI::App& app, CommandNode above, std::vector<CommandNode>& tree) {
    CommandNode node;
    node.path = above.path;
    node.help = app.get_description();
    for (const CLI::Option* option : app.get_options())
        if (!option->get_positional() && !option->get_group().empty())
            node.flags.push_back(flag_of(*option));
    // --help belongs to each command; everything else of the commands above may be given here, too.
    for (const Flag& flag : above.flags)
        if (flag.spellings.front() != "--help") node.flags.push_back(flag);
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* command : commands) {
        node.commands.push_back(command->get_name());
        node.command_help.push_back(command->get_description());
    }
    tree.push_back(node);
    for (const CLI::App* command : commands) {
        CommandNode below = node;
        below.path.push_back(command->get_name());
        visit(*command, std::move(below), tree);
    }
}

}  // namespace

std::vector<CommandNode> command_tree(const CLI::App& program) {
    std::vector<CommandNode> tree;
    visit(program, {}, tree);
    return tree;
}

}  // namespace tidewheel::cli
