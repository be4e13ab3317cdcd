#pragma once
#include <string>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct HealthOptions {
    std::string address;  // host:port, as the service's --listen
    bool alive = false;   // only whether the process answers at all
};

void add_health(CLI::App& program, Context& context);
// 0 when the service is ready. Throws Error: unavailable (it is not, or doesn't answer), setting
// (something else answers there).
int health(Context& context, const HealthOptions& options);

}  // namespace tidewheel::cli
