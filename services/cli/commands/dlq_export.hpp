#pragma once
#include <string>

#include "tidewheel/catalogue/dead_letter_query.hpp"

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct ExportOptions {
    catalogue::DeadLetterFilter filter;
    std::string output;  // a file; empty: standard output
    std::string raw;     // a directory for the payloads alone, instead
};

void add_dlq_export(CLI::App& dlq, Context& context);
int dlq_export(Context& context, const ExportOptions& options);

}  // namespace tidewheel::cli
