#pragma once
#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct DlqListOptions {
    std::string reason, stream, statement;  // empty: any
    std::string since;  // anything that PostgreSQL reads as a timestamptz, or an interval: '1 hour'
    int limit = 20;
    std::string by;  // reason: a summary instead of a list
};

void add_dlq(CLI::App& program, Context& context);
int dlq_list(Context& context, const DlqListOptions& options);
int dlq_show(Context& context, std::int64_t id);

}  // namespace tidewheel::cli
