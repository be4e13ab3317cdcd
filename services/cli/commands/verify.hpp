#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct VerifyOptions {
    std::vector<std::string> names;  // statements; none: all
    // Rows of a target that do not come from the topic are no difference.
    bool ignore_unexpected = false;
    std::string since;    // as in verify::Request
    double sample = 100;  // percent of the records
};

// Compares what is stored with what PostgreSQL itself computes from the topic. 0; 1 when something
// differs; 6 when something can't be checked.
void add_verify(CLI::App& program, Context& context);
int verify(Context& context, const VerifyOptions& options);

}  // namespace tidewheel::cli
