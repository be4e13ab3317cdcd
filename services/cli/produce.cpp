#include "cli/produce.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/context.hpp"
#include "producer/produce.hpp"
#include "tidewheel/core/signals.hpp"

namespace tidewheel::cli {

void add_produce(CLI::App& program, Context& context) {
    auto options = std::make_shared<producer::ProduceOptions>();
    CLI::App* command = program.add_subcommand("produce", "Produce synthetic events into a topic");
    producer::bind(*command, *options);
    command->footer("Example:\n  tidewheel produce store_events --count 100000 --bad 10 --seed 1");
    command->callback([&context, options] {
        context.action = [&context, options] {
            options->json = options->json || context.json;
            const StopOnSignal stop;
            return producer::run_produce(context.settings, *options, context.out, stop.token());
        };
    });
}

}  // namespace tidewheel::cli
