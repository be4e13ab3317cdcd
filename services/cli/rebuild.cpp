#include "cli/rebuild.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/rebuilding.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/signals.hpp"

namespace tidewheel::cli {

int rebuild(Context& context, const RebuildOptions& options) {
    const StopOnSignal signal;
    const auto begun = std::chrono::steady_clock::now();
    Rebuilding rebuilding(context, options, signal.token());
    rebuilding.run();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    if (context.json) {
        print(context.out, codec::Json::object()
                               .set("view", options.view)
                               .set("records", rebuilding.records())
                               .set("seconds", taken.count())
                               .set("old_state_dropped", rebuilding.left_over().empty()));
        return 0;
    }
    context.out << options.view << ": rebuilt out of " << plural(rebuilding.records(), "record")
                << " in " << rough_duration(taken.count()) << '\n';
    for (const std::string& each : rebuilding.left_over())
        context.out << "note: " << each << "; the next rebuild or drop of " << options.view
                    << " removes it\n";
    return 0;
}

void add_rebuild(CLI::App& program, Context& context) {
    auto options = std::make_shared<RebuildOptions>();
    CLI::App* command =
        program.add_subcommand("rebuild", "Compute a view anew from its topic, while it is in use");
    command->add_option("view", options->view, "A view, as tidewheel status lists it")
        ->required()
        ->type_name("VIEW");
    command->add_flag("--from-what-is-left", options->from_what_is_left,
                      "Even though the topic has lost its first records");
    command->footer(
        "The new state is computed beside the old one and takes its place at the same offsets, in "
        "one transaction. Readers see\n"
        "the old one until then; services go on. Killed at any time, the old state stands or the "
        "new one, and the next rebuild goes on\n"
        "where this one was. Grants, comments and dependents of the view stay.\n"
        "Exit status: 4 when the topic has lost its first records; 5 when it was stopped, or the "
        "view is locked or being rebuilt.\n\n"
        "Example:\n  tidewheel rebuild sales_hourly");
    command->callback([&context, options] {
        context.action = [&context, options] { return rebuild(context, *options); };
    });
}

}  // namespace tidewheel::cli
