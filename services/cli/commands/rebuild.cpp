#include "cli/commands/rebuild.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/terminal/former_flag.hpp"
#include "cli/terminal/progress_bar.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/operate/view_rebuild.hpp"

namespace tidewheel::cli {

int rebuild(Context& context, const RebuildOptions& options) {
    const StopOnSignal signal;
    const auto begun = std::chrono::steady_clock::now();
    const operate::Servers servers = context.servers();
    ProgressBar bar(context.err, context.err_is_terminal, "rebuilding");
    operate::ViewRebuild rebuilding(servers, {options.view, options.allow_truncated_topic},
                                    rebuild_limits(context.settings), bar, signal.token());
    rebuilding.run();
    bar.end();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    if (context.json) {
        print(context.out, codec::Json::object()
                               .set("view", options.view)
                               .set("records", rebuilding.records())
                               .set("seconds", taken.count())
                               .set("old_state_dropped", rebuilding.left_over().empty()));
        return 0;
    }
    context.out << options.view << ": rebuilt from " << plural(rebuilding.records(), "record")
                << " in " << rough_duration(taken.count()) << '\n';
    for (const std::string& each : rebuilding.left_over())
        context.out << "note: " << each << "; the next rebuild or drop of " << options.view
                    << " removes it\n";
    return 0;
}

void add_rebuild(CLI::App& program, Context& context) {
    auto options = std::make_shared<RebuildOptions>();
    CLI::App* command =
        program.add_subcommand("rebuild", "Recompute a view from its topic while it is in use");
    command->add_option("view", options->view, "A view, as tidewheel status lists it")
        ->required()
        ->type_name("VIEW");
    command->add_flag("--allow-truncated-topic", options->allow_truncated_topic,
                      "Rebuild even from a topic that has lost records");
    add_former_flag(*command, context, "--from-what-is-left", "--allow-truncated-topic",
                    options->allow_truncated_topic);
    command->footer(
        "The new state is computed beside the old one, and replaces it in one transaction at the "
        "same offsets.\n"
        "Services keep running, and readers see the old state until then. A rebuild that was "
        "stopped can be run again.\n"
        "See docs/how-to/change-a-pipeline.md.\n\n"
        "Example:\n  tidewheel rebuild sales_hourly");
    command->callback([&context, options] {
        context.action = [&context, options] { return rebuild(context, *options); };
    });
}

}  // namespace tidewheel::cli
