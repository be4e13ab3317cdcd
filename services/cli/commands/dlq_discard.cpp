#include "cli/commands/dlq_discard.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/dlq_flags.hpp"
#include "cli/context.hpp"
#include "cli/terminal/progress_bar.hpp"
#include "cli/terminal/question.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/operate/discard.hpp"

namespace tidewheel::cli {
int dlq_discard(Context& context, const DiscardOptions& options) {
    if (options.filter.selects_all() != options.all)
        throw Error(Error::Kind::setting,
                    options.all ? "--all cannot be combined with a selection"
                                : "no dead letters were chosen",
                    "Name their ids, a reason, a stream, a time…; or use --all.");
    const auto connection = context.connect();
    catalogue::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    const catalogue::DeadLetterFilter filter = catalogue::as_of_now(*connection, options.filter);
    const auto missing = catalogue::missing_ids(*connection, filter);
    if (missing && !context.json) context.err << *missing << '\n';
    const std::int64_t selected = catalogue::count(*connection, filter);
    if (selected > 0 && !options.yes &&
        !agreed(context, {plural(selected, "dead letter") + " will lose key, headers and payload, "
                                                            "and can't be redriven"}))
        return static_cast<int>(ExitCode::usage);
    std::int64_t discarded = 0;
    {
        ProgressBar bar(context.err, context.err_is_terminal, "discarding", selected);
        discarded = operate::discard(context.database(), *connection, filter, selected, bar);
    }
    if (context.json)
        print(context.out,
              codec::Json::object().set("discarded", discarded).set("warning", missing));
    else
        context.out << "discarded: " << grouped(discarded) << '\n';
    return 0;
}

void add_dlq_discard(CLI::App& dlq, Context& context) {
    auto options = std::make_shared<DiscardOptions>();
    CLI::App* command = dlq.add_subcommand(
        "discard", "Discard dead letters: payloads are deleted, offsets and reasons kept");
    add_filter_options_and_ids(*command, options->filter);
    command->add_flag("--all", options->all, "All dead letters");
    command->add_flag("--yes", options->yes, "Don't ask for confirmation");
    command->footer(
        "Discarded records cannot be redriven, and verify leaves out their offsets.\n"
        "See docs/how-to/dead-letters.md.\n\n"
        "Example:\n  tidewheel dlq discard --reason not_json --until '30 days'");
    command->callback([&context, options] {
        context.action = [&context, options] { return dlq_discard(context, *options); };
    });
}

}  // namespace tidewheel::cli
