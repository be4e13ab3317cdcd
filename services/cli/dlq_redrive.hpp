#pragma once
#include "cli/dead_letter_filter.hpp"

namespace tidewheel::cli {

struct Context;

struct RedriveOptions {
    DeadLetterFilter filter;
    bool dry_run = false;
    bool yes = false;  // don't ask
};

void add_dlq_redrive(CLI::App& dlq, Context& context);
int dlq_redrive(Context& context, const RedriveOptions& options);

}  // namespace tidewheel::cli
