#include "cli/commands/run.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

#include "cli/context.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/runner/run.hpp"
#include "tidewheel/service/run_main.hpp"

namespace tidewheel::cli {
namespace {

constexpr auto purpose =
    "Runs everything that the catalogue declares in one process: its rows and views, for which "
    "each "
    "record is read once, and what tidewheel-ingress, tidewheel-source, tidewheel-changefeed, "
    "tidewheel-notifier and tidewheel-capture do, while something is declared for them.";

}  // namespace

void add_run(CLI::App& program, Context& context) {
    CLI::App* command = program.add_subcommand("run", purpose);
    command->footer(
        "It has the settings of all these programs, which stand after `run`: see tidewheel run "
        "--help.\n"
        "Example:\n  tidewheel run --database postgresql://db/shop --kafka broker:9092");
    command->callback([&context] {
        context.action = []() -> int {
            throw Error(Error::Kind::setting, "settings of run stand after it",
                        "Write `tidewheel run --database …`.");
        };
    });
}

bool is_run(int argc, const char* const* argv) {
    return argc > 1 && std::string_view(argv[1]) == "run";
}

int run(int argc, char** argv) {
    const auto settings = flags::parse_service(
        argc - 1, argv + 1,
        {.name = "tidewheel run", .purpose = purpose, .programs = runner_programs});
    if (!settings) return settings.failure();
    return service::run_main("runner", *settings, [&](std::stop_token stop) {
        service::Shell shell(*settings, "PostgreSQL or Kafka");
        shell.start();
        runner::run(*settings, shell, std::move(stop));
    });
}

}  // namespace tidewheel::cli
