#include "cli/commands/init.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/apply/catalogue_owner_hint.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/catalogue/prepare_database.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

void print_steps(Context& context, const std::vector<catalogue::InitStep>& steps) {
    if (context.json) {
        codec::Json list = codec::Json::array();
        for (const catalogue::InitStep& step : steps) {
            codec::Json item = codec::Json::object();
            item.set("what", step.what).set("outcome", step.outcome);
            if (!step.note.empty()) item.set("note", step.note);
            list.push(item);
        }
        return print(context.out, codec::Json::object().set("steps", list));
    }
    for (const catalogue::InitStep& step : steps)
        context.out << step.what << ": " << step.outcome
                    << (step.note.empty() ? "" : " (" + step.note + ")") << '\n';
}

// So a database of a list never begins with all partitions.
void take_share(Context& context, const catalogue::Share& share) {
    const auto connection = context.connect();
    postgres::Transaction transaction(*connection);
    catalogue::lock_catalogue(transaction);
    catalogue::take_share(transaction, share);
    transaction.commit();
}

}  // namespace

int init(Context& context, const catalogue::InitOptions& options) {
    std::vector<catalogue::InitStep> steps;
    apply::with_owner_named(context.database(), [&] {
        steps = catalogue::prepare_database(context.database(), options);
    });
    if (context.share) take_share(context, *context.share);
    print_steps(context, steps);
    return 0;
}

void add_init(CLI::App& program, Context& context) {
    auto options = std::make_shared<catalogue::InitOptions>();
    CLI::App* command = program.add_subcommand(
        "init",
        "Prepare a database: the foreign-data wrapper (once, as superuser) and the catalogue");
    command
        ->add_option(
            "--owner", options->owner,
            "The role that applies pipelines; it will own the catalogue and may use server kafka")
        ->type_name("ROLE");
    command
        ->add_option("--service-role", options->services,
                     "A role that runs services but cannot change pipelines; apply grants it "
                     "access to new tables and views")
        ->type_name("ROLE");
    command
        ->add_option("--reader-role", options->readers,
                     "A role that reads the tables and views that pipelines fill, and the status, "
                     "and nothing else")
        ->type_name("ROLE");
    command->add_flag(
        "--take-over", options->take_over,
        "This database is a copy, such as a restored dump, and replaces the original");
    command->footer(
        "Run it again at any time: it migrates an older catalogue, and grants what is missing.\n"
        "See docs/how-to/own-servers.md and docs/how-to/roles.md.\n\n"
        "Example:\n  tidewheel init --owner etl --database postgresql://postgres@db/shop");
    command->callback([&context, options] {
        context.several = SeveralDatabases::until_failure;
        context.action = [&context, options] { return init(context, *options); };
    });
}

}  // namespace tidewheel::cli
