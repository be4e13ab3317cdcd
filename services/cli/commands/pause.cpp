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
                            .set("name", each.statement)
                            .set("paused", paused)
                            .set("changed", !each.was_so));
        if (context.json) continue;
        context.out << each.statement << ": "
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
    command->add_option("statement", *names, "Statements, as tidewheel status lists them")
        ->required()
        ->type_name("STATEMENT");
    command->footer(footer);
    command->callback([&context, names, action] {
        context.action = [&context, names, action] { return action(context, *names); };
    });
}

}  // namespace

int pause(Context& context, const std::vector<std::string>& statements) {
    return report(context, operate::set_paused(context.database(), statements, true), true);
}

int resume(Context& context, const std::vector<std::string>& statements) {
    return report(context, operate::set_paused(context.database(), statements, false), false);
}

void add_pause(CLI::App& program, Context& context) {
    add(program, context, "pause", "Pause statements; others continue",
        "When the command returns, the statement stores nothing more. Its records wait in the "
        "topic,\n"
        "which must keep them until the statement is resumed.\n"
        "See docs/how-to/own-pipeline.md.\n\n"
        "Example:\n  tidewheel pause sales_hourly",
        pause);
    add(program, context, "resume", "Resume paused statements where they stopped",
        "Records that arrived in the meantime are applied, exactly once.\n"
        "See docs/how-to/own-pipeline.md.\n\n"
        "Example:\n  tidewheel resume sales_hourly",
        resume);
}

}  // namespace tidewheel::cli
