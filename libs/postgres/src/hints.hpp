#pragma once
#include <string>
#include <string_view>

namespace tidewheel::postgres {

// Who asked which database.
struct Asker {
    std::string role, database;
};

// What a user can do about an error for which PostgreSQL has no hint; empty: not known.
// Where the SQLSTATE doesn't tell, the message does, if the server's messages are in English.
std::string hint_for(std::string_view sqlstate, std::string_view message, const Asker& asker);

}  // namespace tidewheel::postgres
