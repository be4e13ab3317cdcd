#include "cli/pause.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/running_change.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

struct Outcome {
    std::string name;
    bool was_so;  // before
};

std::vector<Outcome> set_paused(Context& context, const std::vector<std::string>& names,
                                bool paused) {
    std::vector<Outcome> outcomes;
    change_what_runs(context, [&](postgres::Transaction& transaction, const Ledger& ledger) {
        outcomes.clear();
        std::vector<const AppliedStatement*> to_change;
        for (const AppliedStatement* statement : find_statements(ledger, names)) {
            outcomes.push_back({statement->name, statement->is_paused == paused});
            if (statement->is_paused != paused) to_change.push_back(statement);
        }
        if (to_change.empty()) return;
        fence_off(transaction, to_change);
        for (const AppliedStatement* statement : to_change)
            transaction.query("UPDATE tidewheel.statements SET paused_at = " +
                                  std::string(paused ? "now()" : "NULL") + " WHERE id = $1",
                              {std::to_string(statement->id)});
    });
    return outcomes;
}

int report(Context& context, const std::vector<Outcome>& outcomes, bool paused) {
    codec::Json statements = codec::Json::array();
    for (const Outcome& each : outcomes) {
        statements.push(codec::Json::object()
                            .set("name", each.name)
                            .set("paused", paused)
                            .set("changed", !each.was_so));
        if (context.json) continue;
        context.out << each.name << ": "
                    << (paused ? (each.was_so ? "was paused already" : "paused")
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
    return report(context, set_paused(context, statements, true), true);
}

int resume(Context& context, const std::vector<std::string>& statements) {
    return report(context, set_paused(context, statements, false), false);
}

void add_pause(CLI::App& program, Context& context) {
    add(program, context, "pause", "Let statements rest, while the others go on",
        "Nothing of a paused statement is stored any more once the command returned. Its records "
        "wait in the topic,\n"
        "for as long as the topic keeps them. Pausing what is paused changes nothing.\n\n"
        "Example:\n  tidewheel pause sales_hourly",
        pause);
    add(program, context, "resume", "Let paused statements go on where they stopped",
        "What came meanwhile is applied, exactly once.\n\n"
        "Example:\n  tidewheel resume sales_hourly",
        resume);
}

}  // namespace tidewheel::cli
