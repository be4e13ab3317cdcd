#pragma once
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/database_list.hpp"
#include "tidewheel/catalogue/share.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/operate/servers.hpp"
#include "tidewheel/operate/view_rebuild.hpp"

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
    std::vector<std::string> notes;  // on how the program was called; set by the parser
    std::function<int()> action;     // the chosen command; set by the parser
    // What the command does with --databases; set by the parser.
    SeveralDatabases several = SeveralDatabases::refused;
    // Throws Error where the command must not run on a database. Of several, all are asked before
    // it runs on the first; set by the parser.
    std::function<void()> precondition;
    // Of the database that the command works on now; none: there is no list.
    std::optional<catalogue::Share> share;

    catalogue::Database database() const;
    kafka::ClientSettings kafka() const;
    operate::Servers servers() const {
        return {database(), kafka(), std::make_shared<registry::Registries>(settings)};
    }
    // Throws Error when the server doesn't answer.
    std::unique_ptr<postgres::Connection> connect() const { return database().connect(); }
    // To a catalogue; throws Error where there is none, or it is that of another share than
    // --databases says.
    std::unique_ptr<postgres::Connection> connect_to_catalogue() const;
    // The same; of several databases, throws Error where nothing has been applied, too.
    std::unique_ptr<postgres::Connection> connect_to_share() const;
};

// How a rebuild works, by the settings.
operate::RebuildLimits rebuild_limits(const Settings& settings);

// Prints a document for programs: indented, with a closing newline.
void print(std::ostream& out, const codec::Json& document);

}  // namespace tidewheel::cli
