#pragma once
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::postgres {
class Connection;
}
namespace tidewheel::kafka {
class Admin;
}

namespace tidewheel::cli {

// What every command gets: the settings, where to write, and how. One thread.
struct Context {
    Context(std::ostream& output, std::ostream& errors) : out(output), err(errors) {}

    Settings settings;
    bool json = false;  // --json: one document on `out`, errors as one on `err`
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool can_ask = false;  // standard input and standard error are a terminal
    std::ostream& out;
    std::ostream& err;
    std::function<int()> action;  // the chosen command; set by the parser

    // Both throw Error when the server doesn't answer.
    std::unique_ptr<postgres::Connection> connect() const;
    kafka::ClientSettings kafka() const;
};

// Prints a document for programs: indented, with a closing newline.
void print(std::ostream& out, const codec::Json& document);

}  // namespace tidewheel::cli
