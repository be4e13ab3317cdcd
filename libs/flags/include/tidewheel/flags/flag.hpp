#pragma once
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::flags {

// One flag that isn't a setting, as a row of a program's table.
struct Flag {
    std::string name;    // --count; without dashes: an argument, which may be left out
    std::string unit;    // COUNT, for --help
    std::string preset;  // what holds without it, for --help; empty: not shown
    std::string help;
    // Throws Error (setting) that says what is wrong with the value; the flag is named by the
    // caller.
    std::function<void(const std::string& value)> read;
};

// What the rows read must outlive the parser.
void add_flags(CLI::App& app, const std::vector<Flag>& flags);

}  // namespace tidewheel::flags
