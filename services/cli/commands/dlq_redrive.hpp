#pragma once
#include "tidewheel/catalogue/dead_letter_query.hpp"

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct RedriveOptions {
    catalogue::DeadLetterFilter filter;
    bool dry_run = false;
    bool yes = false;  // don't ask
};

void add_dlq_redrive(CLI::App& dlq, Context& context);
int dlq_redrive(Context& context, const RedriveOptions& options);

}  // namespace tidewheel::cli
