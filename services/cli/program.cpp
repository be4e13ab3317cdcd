#include "cli/program.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/commands/apply.hpp"
#include "cli/commands/completion.hpp"
#include "cli/commands/dlq.hpp"
#include "cli/commands/drop.hpp"
#include "cli/commands/health.hpp"
#include "cli/commands/init.hpp"
#include "cli/commands/pause.hpp"
#include "cli/commands/plan.hpp"
#include "cli/commands/produce.hpp"
#include "cli/commands/rebuild.hpp"
#include "cli/commands/redeliver.hpp"
#include "cli/commands/reset.hpp"
#include "cli/commands/run.hpp"
#include "cli/commands/schema.hpp"
#include "cli/commands/status.hpp"
#include "cli/commands/verify.hpp"
#include "cli/commands/version.hpp"
#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/validate.hpp"
#include "tidewheel/flags/command_line.hpp"
#include "tidewheel/flags/settings_flags.hpp"

namespace tidewheel::cli {
namespace {

constexpr auto exit_codes =
    "Exit status: 0 success; 1 a difference was found; 2 a flag, setting or argument is wrong;\n"
    "3 the pipeline is wrong, or a change was refused; 4 a server refused the request;\n"
    "5 a server is unavailable, or a timeout; 70 a defect in Tidewheel.\n"
    "See docs/reference/exit-codes.md.";

// CLI11 prints --help and --version; mistakes we report ourselves.
int report_parse_end(const CLI::App& app, const CLI::ParseError& end, const Context& context) {
    if (end.get_exit_code() == 0) return app.exit(end, context.out, context.err);
    const flags::Mistake mistake = flags::mistake_of(app, end);
    return report_failure(Error(Error::Kind::setting, mistake.what, mistake.hint), context.json,
                          context.err);
}

// With --json standard error holds one document at most.
void print_warnings(const Context& context) {
    if (context.json) return;
    for (const std::string& warning : context.settings.warnings)
        context.err << "tidewheel: warning: " << warning << '\n';
    for (const std::string& note : context.notes)
        context.err << "tidewheel: note: " << note << '\n';
}

// A user who exports dead letters and then discards them must learn that the disk was full.
void require_written(std::ostream& out) {
    out.flush();
    if (!out)
        throw Error(Error::Kind::unavailable,
                    "only part of the result was written to standard output",
                    "Check whether its disk is full.");
}

}  // namespace

void add_commands(CLI::App& app, Context& context) {
    app.require_subcommand(1);
    app.fallthrough();  // settings may stand before or after the command's name
    app.footer(exit_codes);
    app.set_version_flag("--version", version_line,
                         "Print the versions, as tidewheel version does");
    app.add_flag("--json", context.json,
                 "Print one JSON document instead of text, also for errors");
    flags::add_settings(app, context.settings, Programs::cli);
    add_init(app, context);
    add_apply(app, context);
    add_plan(app, context);
    add_drop(app, context);
    add_pause(app, context);
    add_redeliver(app, context);
    add_reset(app, context);
    add_rebuild(app, context);
    add_run(app, context);
    add_produce(app, context);
    add_status(app, context);
    add_health(app, context);
    add_verify(app, context);
    add_dlq(app, context);
    add_schema(app, context);
    add_version(app, context);
    add_completion(app, context);
}

int run_program(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
    PrintableStream printable_out(out), printable_err(err);
    Context context(printable_out, printable_err);
    context.out_is_terminal = &out == &std::cout && isatty(STDOUT_FILENO) == 1;
    context.err_is_terminal = &err == &std::cerr && isatty(STDERR_FILENO) == 1;
    context.can_ask = context.err_is_terminal && isatty(STDIN_FILENO) == 1;
    CLI::App app("Keeps PostgreSQL tables and aggregates exact and up to date from Kafka topics.",
                 "tidewheel");
    add_commands(app, context);
    try {
        if (argc == 1) throw CLI::CallForHelp();
        app.parse(argc, argv);
        choose_databases(context, {argv, static_cast<std::size_t>(argc)});
        const Settings given = context.settings;
        validate(context.settings);
        print_warnings(context);
        kafka::check(context.kafka());
        arm_failpoints_from_environment();
        const int status = run_on_databases(context, given);
        require_written(context.out);
        return status;
    } catch (const CLI::ParseError& end) {
        return report_parse_end(app, end, context);
    } catch (const std::exception& failure) {
        return report_failure(failure, context.json, context.err);
    }
}

}  // namespace tidewheel::cli
