#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct RebuildOptions {
    std::string view;
    bool allow_truncated_topic = false;  // even if the topic has lost records
};

void add_rebuild(CLI::App& program, Context& context);
// Recomputes a view from its topic, beside the old state, and swaps both in one transaction at the
// same offsets. Readers and services continue. Killed at any time: the old state is in use, or the
// new one; run again, it continues.
int rebuild(Context& context, const RebuildOptions& options);

}  // namespace tidewheel::cli
