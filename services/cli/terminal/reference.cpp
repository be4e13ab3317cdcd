#include "cli/terminal/reference.hpp"

#include <CLI/CLI.hpp>

namespace tidewheel::cli {
namespace {

// Lines end where their text does.
std::string trimmed(const std::string& text) {
    std::string result;
    for (const char byte : text) {
        if (byte == '\n') result.erase(result.find_last_not_of(' ') + 1);
        result += byte;
    }
    result.erase(result.find_last_not_of(" \n") + 1);
    return result.substr(result.find_first_not_of('\n'));
}

void append(const CLI::App& app, const std::string& above, std::string& page) {
    const std::string name = above.empty() ? app.get_name() : above + " " + app.get_name();
    page += "\n## " + name + "\n\n```text\n" + trimmed(app.help(above)) + "\n```\n";
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        append(*command, name, page);
}

}  // namespace

std::string reference_page(const CLI::App& program) {
    std::string page =
        "# The command `tidewheel`\n\n"
        "Generated from the commands' `--help`; a test compares the two. "
        "[Settings](settings.md) describes the flags,\n"
        "environment variables and keys that all commands share, and [exit codes](exit-codes.md) "
        "the exit statuses.\n";
    append(program, "", page);
    return page;
}

}  // namespace tidewheel::cli
