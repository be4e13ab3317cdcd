#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/operate/offset_move.hpp"
#include "tidewheel/operate/servers.hpp"

namespace tidewheel::operate {

// Where statements are to continue, as a user decides.
struct ResetRequest {
    std::vector<std::string> statements;
    std::string to;                // earliest, latest, an offset, or a time
    std::optional<int> partition;  // none: all that the statements read
    std::string reason = "reset";  // is recorded with what is skipped
    bool allow_duplicates = false;
};

// What the reset would move. Changes nothing. Throws Error: setting, for a request without sense;
// pipeline, where something would be stored twice.
std::vector<Move> find_moves(const Servers& servers, const ResetRequest& request);
// Moves the statements in one transaction, while the services run. `agreed`: what the user has
// confirmed; nothing else moves, and nowhere else.
std::vector<Move> reset(const Servers& servers, const ResetRequest& request,
                        const std::vector<Move>& agreed);
// What reading again can't restore, a line each.
std::vector<std::string> warnings_of(const Servers& servers, const std::vector<Move>& moves);
// The statements begin with the topic's first record once more. Throws Error (pipeline) where that
// would store something twice.
void read_again(const Servers& servers, const std::vector<std::string>& statements);

}  // namespace tidewheel::operate
