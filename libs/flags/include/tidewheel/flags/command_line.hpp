#pragma once
#include <string>

#include "tidewheel/core/error.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace tidewheel::flags {

struct Mistake {
    std::string what, hint;
};

// A parser's complaint in our words: an unknown command, option or argument, with what was probably
// meant, and without a secret that may be in it. `end` isn't --help or --version.
Mistake mistake_of(const CLI::App& app, const CLI::ParseError& end);

// For a service: prints what ended the parsing, --help and --version included, to the standard
// streams. Returns the exit status.
int end_of_parsing(const CLI::App& app, const CLI::ParseError& end);

// "program: what" and the hint, to standard error. Returns the exit status.
int report(const std::string& program, const Error& error);

}  // namespace tidewheel::flags
