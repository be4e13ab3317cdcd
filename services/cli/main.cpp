#include <iostream>

#include "cli/commands/run.hpp"
#include "cli/program.hpp"

int main(int argc, char** argv) {
    if (tidewheel::cli::is_run(argc, argv)) return tidewheel::cli::run(argc, argv);
    return tidewheel::cli::run_program(argc, argv, std::cout, std::cerr);
}
