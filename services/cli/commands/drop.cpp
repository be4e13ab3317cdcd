#include "cli/commands/drop.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/terminal/question.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/operate/drop.hpp"

namespace tidewheel::cli {
namespace {

std::vector<std::string> consequences_of(const std::vector<operate::Removal>& removals) {
    std::vector<std::string> lines;
    for (const operate::Removal& removal : removals)
        lines.push_back(removal.what);
    return lines;
}

void print_removals(Context& context, const std::vector<operate::Removal>& removals) {
    codec::Json dropped = codec::Json::array();
    for (const operate::Removal& removal : removals) {
        dropped.push(codec::Json::object().set("name", removal.name).set("what", removal.what));
        if (!context.json) context.out << removal.what << '\n';
    }
    if (context.json) print(context.out, codec::Json::object().set("dropped", dropped));
}

}  // namespace

int drop(Context& context, const DropOptions& options) {
    // No lock is held while the user is asked: what they confirmed is looked up again.
    const operate::DropRequest request{options.names, options.cascade};
    const std::vector<operate::Removal> told = operate::find_removals(context.database(), request);
    if (!options.yes && !agreed(context, consequences_of(told)))
        return static_cast<int>(ExitCode::usage);
    print_removals(context, operate::drop(context.database(), request, told));
    return 0;
}

void add_drop(CLI::App& program, Context& context) {
    auto options = std::make_shared<DropOptions>();
    CLI::App* command =
        program.add_subcommand("drop", "Drop statements or streams that were applied");
    command->add_option("name", options->names, "Names, as tidewheel plan shows them")
        ->required()
        ->type_name("NAME");
    command->add_flag("--cascade", options->cascade,
                      "With a stream, also drop the statements that read it");
    command->add_flag("--yes", options->yes, "Don't ask for confirmation");
    command->footer(
        "Drops a view with its state, and every statement with its own dead letters, in one "
        "transaction.\n"
        "The table of an INSERT and the topic are kept. A name without a schema is looked up in "
        "the search path.\n"
        "See docs/how-to/own-pipeline.md.\n\n"
        "Example:\n  tidewheel drop sales_hourly");
    command->callback([&context, options] {
        context.action = [&context, options] { return drop(context, *options); };
    });
}

}  // namespace tidewheel::cli
