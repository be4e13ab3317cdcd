#include "cli/commands/poll.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/source/poll_now.hpp"

namespace tidewheel::cli {

int poll(Context& context, const PollOptions& options) {
    const StopOnSignal signal;
    const auto connection = context.connect_to_catalogue();
    const source::PollResult result =
        source::poll_now(context.settings, context.database(), context.kafka(), options.stream,
                         options.even_unchanged, signal.token());
    if (context.json) {
        print(context.out, codec::Json::object()
                               .set("stream", result.stream)
                               .set("changed", result.is_changed)
                               .set("records", static_cast<std::int64_t>(result.records)));
        return 0;
    }
    context.out << result.stream << ": "
                << (result.is_changed ? plural(static_cast<long long>(result.records), "record")
                                      : "unchanged, no records")
                << '\n';
    return 0;
}

void add_poll(CLI::App& program, Context& context) {
    auto options = std::make_shared<PollOptions>();
    CLI::App* command = program.add_subcommand(
        "poll", "Poll the source of a stream once, now, and write its records to the topic");
    command->add_option("stream", options->stream, "The stream")->required()->type_name("STREAM");
    command->add_flag("--even-unchanged", options->even_unchanged,
                      "Write the records even if the body is the one that was found last");
    command->footer(
        "When the command returns, Kafka has every record. It needs no tidewheel-source, and may "
        "run beside one.\n"
        "See docs/how-to/source.md.\n\n"
        "Example:\n  tidewheel poll assets");
    command->callback([&context, options] {
        context.action = [&context, options] { return poll(context, *options); };
    });
}

}  // namespace tidewheel::cli
