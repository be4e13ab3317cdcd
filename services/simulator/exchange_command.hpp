#pragma once
#include "simulator/exchange.hpp"

namespace CLI {
class App;
}

// tidewheel-simulator exchange.
namespace tidewheel::simulator {

struct ExchangeCommand {
    ExchangeOptions exchange;
    double silence = 0;  // seconds
    bool print_only = false;
};

void add_exchange(CLI::App& app, ExchangeCommand& command);
int run_exchange(ExchangeCommand& command);  // until a signal; the exit status

}  // namespace tidewheel::simulator
