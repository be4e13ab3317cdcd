#include "cli/commands/completion.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <sstream>

#include "cli/context.hpp"
#include "cli/terminal/command_tree.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::cli {
namespace {

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

std::string shell_quoted(const std::string& text) {
    return "'" + replaced(text, "'", "'\\''") + "'";
}

// In zsh's _arguments and _describe, colons and brackets mean something.
std::string zsh_escaped(std::string text) {
    for (const char* special : {"\\", ":", "[", "]"})
        text = replaced(std::move(text), special, std::string("\\") + special);
    return text;
}

std::string words_of(const CommandNode& node) {
    std::vector<std::string> words = node.commands;
    for (const Flag& flag : node.flags)
        words.insert(words.end(), flag.spellings.begin(), flag.spellings.end());
    return joined(words, " ");
}

// The innermost command that was typed so far, in bash and zsh alike: words that are commands of
// the current node go deeper.
std::string walk_cases(const std::vector<CommandNode>& tree) {
    std::string cases;
    for (const CommandNode& node : tree)
        for (const std::string& command : node.commands) {
            std::vector<std::string> below = node.path;
            below.push_back(command);
            cases += "            '" + joined(node.path, " ") + ">" + command + "') at='" +
                     joined(below, " ") + "' ;;\n";
        }
    return cases;
}

std::string zsh_arguments(const CommandNode& node) {
    std::string lines;
    for (const Flag& flag : node.flags)
        for (const std::string& spelling : flag.spellings)
            lines += " \\\n                " +
                     shell_quoted(spelling + "[" + zsh_escaped(first_line(flag.help)) + "]" +
                                  (flag.takes_value ? ":value:_files" : ""));
    return lines;
}

std::string zsh_commands(const CommandNode& node) {
    std::string words;
    for (std::size_t i = 0; i < node.commands.size(); ++i)
        words += " " + shell_quoted(zsh_escaped(node.commands[i]) + ":" +
                                    first_line(node.command_help[i]));
    return words;
}

std::string fish_condition(const CommandNode& node) {
    if (node.path.empty()) return "__fish_use_subcommand";
    std::string condition;
    for (const std::string& command : node.path)
        condition +=
            (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + command);
    if (!node.commands.empty())
        condition += "; and not __fish_seen_subcommand_from " + joined(node.commands, " ");
    return condition;
}

std::string fish_flag(const std::string& condition, const Flag& flag) {
    std::string line = "complete -c tidewheel -n " + shell_quoted(condition);
    for (const std::string& spelling : flag.spellings)
        line +=
            spelling.starts_with("--") ? " -l " + spelling.substr(2) : " -s " + spelling.substr(1);
    if (flag.takes_value) line += " -r";
    return line + " -d " + shell_quoted(first_line(flag.help)) + "\n";
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
    const auto tree = command_tree(program);
    std::string words;
    for (const CommandNode& node : tree)
        words += "        '" + joined(node.path, " ") + "') words='" + words_of(node) + "' ;;\n";
    return "# bash completion for tidewheel; load with: source <(tidewheel completion bash)\n"
           "_tidewheel() {\n"
           "    local at='' words='' i\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case \"$at>${COMP_WORDS[i]}\" in\n" +
           walk_cases(tree) +
           "        esac\n"
           "    done\n"
           "    case \"$at\" in\n" +
           words +
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
           "}\n"
           "complete -o default -F _tidewheel tidewheel\n";
}

std::string zsh_completion(const CLI::App& program) {
    const auto tree = command_tree(program);
    std::string cases;
    for (const CommandNode& node : tree) {
        cases += "        '" + joined(node.path, " ") + "')\n";
        if (!node.commands.empty())
            cases += "            commands=(" + zsh_commands(node) +
                     ")\n            _describe command commands\n";
        cases += "            _arguments" + zsh_arguments(node) +
                 " \\\n                '*:file:_files'\n            ;;\n";
    }
    return "#compdef tidewheel\n"
           "# zsh completion for tidewheel; load with: source <(tidewheel completion zsh)\n"
           "_tidewheel() {\n"
           "    local at='' i\n"
           "    local -a commands\n"
           "    for ((i = 2; i < CURRENT; i++)); do\n"
           "        case \"$at>${words[i]}\" in\n" +
           walk_cases(tree) +
           "        esac\n"
           "    done\n"
           "    case \"$at\" in\n" +
           cases +
           "    esac\n"
           "}\n"
           "compdef _tidewheel tidewheel\n";
}

std::string fish_completion(const CLI::App& program) {
    std::string script =
        "# fish completion for tidewheel; load with: tidewheel completion fish | source\n";
    for (const CommandNode& node : command_tree(program)) {
        const std::string condition = fish_condition(node);
        for (std::size_t i = 0; i < node.commands.size(); ++i)
            script += "complete -c tidewheel -n " + shell_quoted(condition) + " -f -a " +
                      node.commands[i] + " -d " + shell_quoted(first_line(node.command_help[i])) +
                      "\n";
        for (const Flag& flag : node.flags)
            script += fish_flag(condition, flag);
    }
    return script;
}

void add_completion(CLI::App& program, Context& context) {
    auto shell = std::make_shared<std::string>();
    CLI::App* command =
        program.add_subcommand("completion", "Print a completion script for a shell");
    command->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->footer("Example:\n  source <(tidewheel completion bash)");
    command->callback([&program, &context, shell] {
        context.action = [&program, &context, shell] {
            context.out << (*shell == "bash"  ? bash_completion(program)
                            : *shell == "zsh" ? zsh_completion(program)
                                              : fish_completion(program));
            return 0;
        };
    });
}

}  // namespace tidewheel::cli
