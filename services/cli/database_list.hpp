#pragma once
#include <span>

namespace tidewheel {
struct Settings;
}

namespace tidewheel::cli {

struct Context;

// What a command does where --databases names several databases.
enum class SeveralDatabases {
    refused,        // it works on one
    each,           // all of them, whatever becomes of the others
    until_failure,  // one after the other; none after one that failed
};

// A --database among the arguments wins over a list that the environment or a configuration file
// names. Throws Error (setting) if --databases is among them, too.
void choose_databases(Context& context, std::span<const char* const> arguments);

// Runs the chosen command: on each of the databases that --databases lists, in their order, as
// context.settings.database with context.share; without a list, or where the command works on one
// database, once. `given`: the settings before validate(). With --json, one document for all of
// them. Returns the exit status, of several the first that is not 0. Throws what the command throws
// on one database, and Error (setting) for a list that is wrong.
int run_on_databases(Context& context, const Settings& given);

}  // namespace tidewheel::cli
