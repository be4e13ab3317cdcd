#pragma once
#include <string>

#include "simulator/load.hpp"

namespace CLI {
class App;
}

// tidewheel-simulator products.
namespace tidewheel::simulator {

struct ProductCommand {
    LoadOptions load;
    std::string token_file;
    bool print_only = false, json = false;
};

void add_products(CLI::App& app, ProductCommand& command);
int run_products(ProductCommand& command);  // the exit status

}  // namespace tidewheel::simulator
