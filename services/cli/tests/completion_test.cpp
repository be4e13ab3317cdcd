#include "cli/commands/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "cli/context.hpp"
#include "cli/program.hpp"
#include "cli/terminal/command_tree.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::cli;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Program {
    Context context{std::cout, std::cerr};
    CLI::App app{"purpose", "tidewheel"};
    Program() { add_commands(app, context); }
};

// What bash offers for these words, the last one being completed.
std::string bash_offers(const std::string& script, const std::string& words, int current) {
    const std::string command =
        "bash -c '" + std::string("source /dev/stdin; COMP_WORDS=(") + words +
        "); COMP_CWORD=" + std::to_string(current) +
        "; _tidewheel; echo \"${COMPREPLY[*]}\" > /proc/self/fd/3' 3>&1 <<'END'\n" + script +
        "END\n";
    FILE* pipe = popen(("exec 2>&1\n" + command).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    for (int byte = 0; (byte = std::fgetc(pipe)) != EOF;)
        output += static_cast<char>(byte);
    pclose(pipe);
    return output;
}

}  // namespace

TEST_CASE("every command has a description, an example and --help") {
    Program program;
    for (const CommandNode& node : command_tree(program.app)) {
        INFO((node.path.empty() ? "tidewheel" : node.path.back()));
        CHECK(!node.help.empty());
        const bool has_help =
            std::any_of(node.flags.begin(), node.flags.end(), [](const Flag& flag) {
                return flag.spellings.back() == "--help" || flag.spellings.front() == "--help";
            });
        CHECK(has_help);
    }
    for (const CLI::App* command :
         program.app.get_subcommands([](const CLI::App*) { return true; })) {
        INFO(command->get_name());
        CHECK_THAT(command->get_footer(), ContainsSubstring("tidewheel " + command->get_name()));
    }
}

TEST_CASE("bash completes commands, their subcommands and flags") {
    Program program;
    const std::string script = bash_completion(program.app);
    CHECK_THAT(bash_offers(script, "tidewheel app", 1), ContainsSubstring("apply"));
    CHECK_THAT(bash_offers(script, "tidewheel dlq sh", 2), ContainsSubstring("show"));
    CHECK_THAT(bash_offers(script, "tidewheel apply --dr", 2), ContainsSubstring("--dry-run"));
    CHECK_THAT(bash_offers(script, "tidewheel drop --data", 2), ContainsSubstring("--database"));
    CHECK_THAT(bash_offers(script, "tidewheel drop --dr", 2), !ContainsSubstring("--dry-run"));
}

TEST_CASE("the scripts for zsh and fish name every command and its flags") {
    Program program;
    const std::string zsh = zsh_completion(program.app), fish = fish_completion(program.app);
    for (const CommandNode& node : command_tree(program.app))
        for (const std::string& command : node.commands) {
            CHECK_THAT(zsh, ContainsSubstring("'" + command + ":"));
            CHECK_THAT(fish, ContainsSubstring("-a " + command + " "));
        }
    CHECK_THAT(fish, ContainsSubstring("-l cascade"));
    CHECK_THAT(zsh, ContainsSubstring("--cascade["));
}
