#pragma once
#include <string>

#include "cli/dead_letter_filter.hpp"

namespace tidewheel::cli {

struct Context;

struct ExportOptions {
    DeadLetterFilter filter;
    std::string output;  // a file; empty: standard output
    std::string raw;     // a directory for the payloads alone, instead
};

void add_dlq_export(CLI::App& dlq, Context& context);
int dlq_export(Context& context, const ExportOptions& options);

}  // namespace tidewheel::cli
