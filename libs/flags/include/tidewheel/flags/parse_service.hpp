#pragma once
#include <vector>

#include "tidewheel/core/result.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/flags/flag.hpp"

namespace tidewheel::flags {

// What a service says of itself on the command line.
struct Program {
    const char* name;              // tidewheel-worker
    const char* purpose;           // for --help
    Programs programs;             // which settings it has
    std::vector<Flag> flags = {};  // what it has beside settings
};

// The settings of a service, validated; or, when the program should end at once (--help, --version,
// or a mistake, already printed), its exit status.
Result<Settings, int> parse_service(int argc, char** argv, const Program& program);

}  // namespace tidewheel::flags
