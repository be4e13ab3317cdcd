#include "cli/commands/produce.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/context.hpp"
#include "producer/produce_flags.hpp"
#include "tidewheel/core/signals.hpp"

namespace tidewheel::cli {

void add_produce(CLI::App& program, Context& context) {
    auto options = std::make_shared<producer::ProduceOptions>();
    CLI::App* command = program.add_subcommand("produce", "Produce synthetic events into a topic");
    flags::add_flags(*command, producer::produce_flags(*options));
    command->add_flag("--print", options->print, "print the records, and send nothing");
    command->add_flag("--json", options->json, "the summary as JSON");
    command->add_flag("--quiet", options->quiet, "no progress");
    command->footer(
        "Example:\n  tidewheel produce store_events --count 100000 --bad 10 --seed 1\n"
        "  tidewheel produce orders --count 10000 --rate 1000");
    command->callback([&context, options] {
        context.action = [&context, options] {
            options->json = options->json || context.json;
            const StopOnSignal stop;
            return producer::run_produce(context.settings, *options, context.out, stop.token());
        };
    });
}

}  // namespace tidewheel::cli
