#include <iostream>

#include "cli/program.hpp"

int main(int argc, char** argv) {
    return tidewheel::cli::run_program(argc, argv, std::cout, std::cerr);
}
