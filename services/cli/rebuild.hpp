#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct RebuildOptions {
    std::string view;
    bool from_what_is_left = false;  // though the topic has lost its beginning
};

void add_rebuild(CLI::App& program, Context& context);
// Computes a view anew from its topic, beside the old state, and swaps both in one transaction at
// the same offsets. Readers and services go on. Killed at any time: the old state stands, or the
// new one; run again, it goes on.
int rebuild(Context& context, const RebuildOptions& options);

}  // namespace tidewheel::cli
