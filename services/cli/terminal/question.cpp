#include "cli/terminal/question.hpp"

#include <iostream>

#include "cli/context.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::cli {

bool agreed(Context& context, const std::vector<std::string>& consequences) {
    if (!context.can_ask)
        throw Error(Error::Kind::setting,
                    "confirmation is required, but there is no terminal; nothing was changed",
                    "Add --yes.");
    for (const std::string& each : consequences)
        context.err << each << '\n';
    context.err << "Continue? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") return true;
    context.err << "tidewheel: nothing was changed\n";
    return false;
}

}  // namespace tidewheel::cli
