#include "cli/commands/pause.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/operate/pause.hpp"

namespace tidewheel::cli {
namespace {

int report(Context& context, const std::vector<operate::Paused>& outcomes, bool paused) {
    codec::Json statements = codec::Json::array();
    for (const operate::Paused& each : outcomes) {
        statements.push(codec::Json::object()
                            .set("name", each.name)
                            .set("paused", paused)
                            .set("changed", !each.was_so));
        if (context.json) continue;
        context.out << each.name << ": "
                    << (paused ? (each.was_so ? "was already paused" : "paused")
                               : (each.was_so ? "was not paused" : "resumed"))
                    << '\n';
    }
    if (context.json) print(context.out, codec::Json::object().set("statements", statements));
    return 0;
}

void add(CLI::App& program, Context& context, const std::string& name, const std::string& help,
         const std::string& footer, int (*action)(Context&, const std::vector<std::string>&)) {
    auto names = std::make_shared<std::vector<std::string>>();
    CLI::App* command = program.add_subcommand(name, help);
    command->add_option("name", *names, "Statements, sinks or streams")
        ->required()
        ->type_name("NAME");
    command->footer(footer);
    command->callback([&context, names, action] {
        context.action = [&context, names, action] { return action(context, *names); };
    });
}

}  // namespace

int pause(Context& context, const std::vector<std::string>& names) {
    return report(context, operate::set_paused(context.database(), names, true), true);
}

int resume(Context& context, const std::vector<std::string>& names) {
    return report(context, operate::set_paused(context.database(), names, false), false);
}

void add_pause(CLI::App& program, Context& context) {
    add(program, context, "pause", "Pause statements, sinks or what brings records into streams",
        "When the command returns, the statement stores nothing more. Its records wait in the "
        "topic,\n"
        "which must keep them until the statement is resumed.\n"
        "The rows of a sink stay in its outbox. The name of a statement means the statement; "
        "\"sink "
        "NAME\" is\n"
        "the sink that it fills. Of a stream, its ingress, source or changefeed is paused: the "
        "ingress refuses\n"
        "records, with 503. Services notice within a second.\n"
        "See docs/how-to/own-pipeline.md.\n\n"
        "Examples:\n  tidewheel pause sales_hourly\n  tidewheel pause 'sink price_changes'",
        pause);
    add(program, context, "resume", "Resume what was paused where it stopped",
        "Records that arrived in the meantime are applied, exactly once.\n"
        "See docs/how-to/own-pipeline.md.\n\n"
        "Example:\n  tidewheel resume sales_hourly",
        resume);
}

}  // namespace tidewheel::cli
