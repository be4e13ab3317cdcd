#include "cli/commands/redeliver.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/operate/redeliver.hpp"

namespace tidewheel::cli {

int redeliver(Context& context, const RedeliverOptions& options) {
    const std::size_t rows = operate::redeliver(
        context.database(), options.sink,
        options.subscriber.empty() ? std::nullopt : std::optional(options.subscriber));
    if (context.json)
        print(context.out, codec::Json::object().set("rows", rows));
    else
        context.out << plural(static_cast<long long>(rows), "row") << " will be tried again\n";
    return 0;
}

void add_redeliver(CLI::App& program, Context& context) {
    auto options = std::make_shared<RedeliverOptions>();
    CLI::App* command = program.add_subcommand(
        "redeliver", "Try rows again that a subscriber of a sink did not take");
    command->add_option("sink", options->sink, "The sink, as tidewheel status lists it")
        ->required()
        ->type_name("SINK");
    command
        ->add_option("--subscriber", options->subscriber,
                     "Only this subscriber's rows; default: all")
        ->type_name("NAME");
    command->footer(
        "The service sends each row once more, with its own id, beside the rows that are newer. A "
        "row\n"
        "that fails again stays undelivered (table tidewheel.undelivered), with the new reason.\n"
        "See docs/how-to/webhooks.md.\n\n"
        "Example:\n  tidewheel redeliver price_changes --subscriber shop");
    command->callback([&context, options] {
        context.action = [&context, options] { return redeliver(context, *options); };
    });
}

}  // namespace tidewheel::cli
