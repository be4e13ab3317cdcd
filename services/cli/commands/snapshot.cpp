#include "cli/commands/snapshot.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>

#include "cli/context.hpp"
#include "tidewheel/changefeed/snapshot_request.hpp"

namespace tidewheel::cli {
namespace {

int snapshot(Context& context, const std::string& stream) {
    const std::string label = changefeed::request_snapshot(context.settings, stream);
    if (context.json)
        print(context.out, codec::Json::object().set("stream", label));
    else
        context.out << "stream " << label
                    << ": tidewheel-changefeed will send all rows of the table again\n";
    return 0;
}

}  // namespace

void add_snapshot(CLI::App& program, Context& context) {
    auto stream = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand(
        "snapshot", "Have the changes of a table begin again, with all of its rows");
    command->add_option("stream", *stream, "A stream with the option changes_of")
        ->required()
        ->type_name("STREAM");
    command->footer(
        "For a stream whose replication slot, or whose position in Kafka, is lost. Records that "
        "were sent stay in\nthe topic; every row follows again, with op r. The role needs the "
        "attribute REPLICATION.\nSee docs/how-to/changefeed.md.\n\n"
        "Example:\n  tidewheel snapshot product_changes");
    command->callback([&context, stream] {
        context.action = [&context, stream] { return snapshot(context, *stream); };
    });
}

}  // namespace tidewheel::cli
