#pragma once
#include <string>

#include "simulator/subscriber.hpp"

namespace CLI {
class App;
}

// tidewheel-simulator subscriber.
namespace tidewheel::simulator {

struct SubscriberCommand {
    SubscriberOptions subscriber;
    std::string secret_file;
};

void add_subscriber(CLI::App& app, SubscriberCommand& command);
int run_subscriber(SubscriberCommand& command);  // until a signal; the exit status

}  // namespace tidewheel::simulator
