#include "cli/program.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/apply.hpp"
#include "cli/completion.hpp"
#include "cli/context.hpp"
#include "cli/dlq.hpp"
#include "cli/drop.hpp"
#include "cli/failure.hpp"
#include "cli/health.hpp"
#include "cli/init.hpp"
#include "cli/pause.hpp"
#include "cli/plan.hpp"
#include "cli/produce.hpp"
#include "cli/rebuild.hpp"
#include "cli/reset.hpp"
#include "cli/schema_command.hpp"
#include "cli/status.hpp"
#include "cli/verify.hpp"
#include "cli/version.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/failpoint.hpp"

namespace tidewheel::cli {
namespace {

constexpr auto exit_codes =
    "Exit status: 0 all is well; 1 a difference was found; 2 a flag, setting or argument is "
    "wrong;\n"
    "3 the pipeline is wrong or an incompatible change was refused; 4 a server refused us;\n"
    "5 a server is away or time ran out; 70 a defect in Tidewheel.";

// CLI11 prints --help and mistakes, each with an exit status of its own making; ours says `usage`
// for every mistake.
int report_parse_end(const CLI::App& app, const CLI::ParseError& end, const Context& context) {
    if (end.get_exit_code() == 0) return app.exit(end, context.out, context.err);
    if (context.json)
        report_failure(Error(Error::Kind::setting, end.what()), true, context.err);
    else
        context.err << "tidewheel: " << end.what()
                    << "\nhint: tidewheel --help, or tidewheel COMMAND --help\n";
    return static_cast<int>(ExitCode::usage);
}

// Who exports letters and discards them after that has to hear of a full disk.
void require_written(std::ostream& out) {
    out.flush();
    if (!out)
        throw Error(Error::Kind::unavailable, "standard output took only a part of the result",
                    "is its disk full?");
}

}  // namespace

void add_commands(CLI::App& app, Context& context) {
    app.require_subcommand(1);
    app.fallthrough();  // settings may stand before or after the command's name
    app.footer(exit_codes);
    app.add_flag("--json", context.json, "Print one JSON document instead of text; errors, too");
    bind(app, context.settings, Audience::cli);
    add_init(app, context);
    add_apply(app, context);
    add_plan(app, context);
    add_drop(app, context);
    add_pause(app, context);
    add_reset(app, context);
    add_rebuild(app, context);
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
    Context context(out, err);
    context.out_is_terminal = &out == &std::cout && isatty(STDOUT_FILENO) == 1;
    context.err_is_terminal = &err == &std::cerr && isatty(STDERR_FILENO) == 1;
    context.can_ask = context.err_is_terminal && isatty(STDIN_FILENO) == 1;
    CLI::App app("Keeps an ordinary PostgreSQL exact and fresh from Kafka.", "tidewheel");
    add_commands(app, context);
    try {
        app.parse(argc, argv);
        complete(context.settings);
        arm_failpoints_from_environment();
        const int status = context.action();
        require_written(out);
        return status;
    } catch (const CLI::ParseError& end) {
        return report_parse_end(app, end, context);
    } catch (const std::exception& failure) {
        return report_failure(failure, context.json, err);
    }
}

}  // namespace tidewheel::cli
