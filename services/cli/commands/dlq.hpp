#pragma once
#include <cstdint>
#include <string>

#include "tidewheel/catalogue/dead_letter_query.hpp"

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct DlqListOptions {
    catalogue::DeadLetterFilter filter;
    int limit = 20;
    std::string by;  // reason: a summary instead of a list
};

void add_dlq(CLI::App& program, Context& context);
int dlq_list(Context& context, const DlqListOptions& options);
int dlq_show(Context& context, std::int64_t id);

}  // namespace tidewheel::cli
