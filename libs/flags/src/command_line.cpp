#include "tidewheel/flags/command_line.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/suggestion.hpp"

namespace tidewheel::flags {
namespace {

// The command that was being read, the program first.
std::vector<const CLI::App*> path_to_command(const CLI::App& app) {
    std::vector<const CLI::App*> path{&app};
    for (auto parsed = app.get_subcommands(); !parsed.empty();
         parsed = path.back()->get_subcommands())
        path.push_back(parsed.back());
    return path;
}

std::vector<std::string> options_of(const std::vector<const CLI::App*>& path) {
    std::vector<std::string> names;
    for (const CLI::App* app : path)
        for (const CLI::Option* option : app->get_options())
            for (const std::string& name : option->get_lnames())
                names.push_back("--" + name);
    return names;
}

std::vector<std::string> commands_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(command->get_name());
    return names;
}

std::string with_suggestion(const std::string& suggestion, const std::string& help) {
    return suggestion.empty() ? help : suggestion + " " + help;
}

}  // namespace

Mistake mistake_of(const CLI::App& app, const CLI::ParseError& end) {
    const auto path = path_to_command(app);
    std::string called = app.get_name();
    for (std::size_t i = 1; i < path.size(); ++i)
        called += " " + path[i]->get_name();
    const std::string help = called + " --help lists the options and commands.";
    const std::vector<std::string> strangers = app.remaining(true);
    const auto commands = commands_of(*path.back());
    const bool is_about_strangers =
        end.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
        (!commands.empty() && !strangers.empty());
    if (!is_about_strangers || strangers.empty()) return {end.what(), help};
    const std::string& first = strangers.front();
    const std::string option = first.substr(0, first.find('='));
    if (first.starts_with("-"))
        return {"unknown option " + without_secret(first),
                with_suggestion(did_you_mean(option, options_of(path)), help)};
    if (!commands.empty())
        return {"unknown command " + called + " " + without_secret(first),
                with_suggestion(did_you_mean(first, commands), help)};
    return {called + " does not accept the argument " + without_secret(first), help};
}

int end_of_parsing(const CLI::App& app, const CLI::ParseError& end) {
    if (end.get_exit_code() == 0) return app.exit(end);
    const Mistake mistake = mistake_of(app, end);
    return report(app.get_name(), Error(Error::Kind::setting, mistake.what, mistake.hint));
}

int report(const std::string& program, const Error& error) {
    PrintableStream err(std::cerr);
    err << program << ": " << error.what() << '\n';
    if (!error.hint().empty()) err << "hint: " << error.hint() << '\n';
    return static_cast<int>(exit_code(error));
}

}  // namespace tidewheel::flags
