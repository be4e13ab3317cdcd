#include "cli/terminal/reference.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/context.hpp"
#include "cli/program.hpp"
#include "tidewheel/testing/catch.hpp"

// With TIDEWHEEL_UPDATE_DOCS=1 the page is written instead of compared.
TEST_CASE("docs/reference/cli.md is what --help says") {
    tidewheel::cli::Context context(std::cout, std::cerr);
    CLI::App app("Keeps PostgreSQL tables and aggregates exact and up to date from Kafka topics.",
                 "tidewheel");
    tidewheel::cli::add_commands(app, context);
    const std::string path = TIDEWHEEL_SOURCE_DIR "/docs/reference/cli.md";
    const std::string page = tidewheel::cli::reference_page(app);
    if (std::getenv("TIDEWHEEL_UPDATE_DOCS") != nullptr) std::ofstream(path) << page;
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == page);
}
