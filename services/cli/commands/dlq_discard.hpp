#pragma once
#include "tidewheel/catalogue/dead_letter_query.hpp"

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct DiscardOptions {
    catalogue::DeadLetterFilter filter;
    bool all = false;  // of them; else something is to be selected
    bool yes = false;  // don't ask
};

void add_dlq_discard(CLI::App& dlq, Context& context);
int dlq_discard(Context& context, const DiscardOptions& options);

}  // namespace tidewheel::cli
