#pragma once
#include "cli/dead_letter_filter.hpp"

namespace tidewheel::cli {

struct Context;

struct DiscardOptions {
    DeadLetterFilter filter;
    bool all = false;  // of them; else something is to be selected
    bool yes = false;  // don't ask
};

void add_dlq_discard(CLI::App& dlq, Context& context);
int dlq_discard(Context& context, const DiscardOptions& options);

}  // namespace tidewheel::cli
