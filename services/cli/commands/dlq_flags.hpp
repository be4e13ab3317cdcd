#pragma once
#include "tidewheel/catalogue/dead_letter_query.hpp"

namespace CLI {
class App;
}

// The flags by which all of `tidewheel dlq` selects dead letters.
namespace tidewheel::cli {

void add_filter_options(CLI::App& command, catalogue::DeadLetterFilter& filter);
// The same, with IDs as arguments.
void add_filter_options_and_ids(CLI::App& command, catalogue::DeadLetterFilter& filter);

}  // namespace tidewheel::cli
