#include "cli/commands/dlq_redrive.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/commands/dlq_flags.hpp"
#include "cli/context.hpp"
#include "cli/terminal/progress_bar.hpp"
#include "cli/terminal/question.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/operate/redrive_job.hpp"
#include "tidewheel/postgres/pooler.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using executor::Redriven;

std::size_t refused_of(const Redriven& result) {
    std::size_t refused = 0;
    for (const auto& [reason, count] : result.refused)
        refused += count;
    return refused;
}

std::string count_of(std::size_t number) {
    return grouped(static_cast<long long>(number));
}

// Dead letters that were selected but not found.
struct Unmet {
    std::int64_t gone = 0;  // redriven or discarded by another command meanwhile
    std::int64_t not_tried = 0;
};

Unmet unmet(const operate::RedriveJob& run, std::int64_t selected, bool whole) {
    const Redriven& result = run.result();
    const auto met = static_cast<std::int64_t>(result.stored + result.waiting + refused_of(result));
    Unmet unmet;
    if (!whole) unmet.not_tried = std::max<std::int64_t>(selected - run.tried(), 0);
    unmet.gone = std::max<std::int64_t>(selected - met - unmet.not_tried, 0);
    return unmet;
}

std::string closing_line(const Redriven& result, const Unmet& unmet, bool dry_run) {
    std::string line = (dry_run ? "would be stored: " : "stored: ") + count_of(result.stored);
    line += "; refused again: " + count_of(refused_of(result));
    std::string reasons;
    for (const auto& [reason, count] : result.refused)
        reasons += (reasons.empty() ? "" : ", ") + reason + " " + count_of(count);
    if (!reasons.empty()) line += " (" + reasons + ")";
    if (result.waiting > 0) line += "; waiting for a statement: " + count_of(result.waiting);
    if (unmet.gone > 0) line += "; already handled by another command: " + grouped(unmet.gone);
    if (unmet.not_tried > 0) line += "; not tried: " + grouped(unmet.not_tried);
    return line;
}

Json report_as_json(const operate::RedriveJob& run, const operate::Selected& selected,
                    const Unmet& unmet, bool dry_run) {
    const Redriven& result = run.result();
    Json refused = Json::object(), stopped = Json::array();
    for (const auto& [reason, count] : result.refused)
        refused.set(reason, static_cast<std::int64_t>(count));
    for (const executor::QuarantinedStatement& each : run.quarantined())
        stopped.push(Json::object().set("statement", each.name).set("reason", each.reason));
    return Json::object()
        .set("dry_run", dry_run)
        .set("selected", selected.dead_letters)
        .set("stored", static_cast<std::int64_t>(result.stored))
        .set("refused", refused)
        .set("waiting", static_cast<std::int64_t>(result.waiting))
        .set("gone", unmet.gone)
        .set("not_tried", unmet.not_tried)
        .set("stopped", stopped)
        .set("warnings", selected.warnings);
}

void report(Context& context, const operate::RedriveJob& run, const operate::Selected& selected,
            bool dry_run, bool whole) {
    const Unmet rest = unmet(run, selected.dead_letters, whole);
    if (context.json) return print(context.out, report_as_json(run, selected, rest, dry_run));
    for (const executor::QuarantinedStatement& each : run.quarantined())
        context.err << "statement " << each.name << " cannot be run: " << each.reason << '\n';
    context.out << closing_line(run.result(), rest, dry_run) << '\n';
}

// Reports what was done, even if it ends halfway.
void run_all(Context& context, const RedriveOptions& options, operate::RedriveJob& run,
             const operate::Selected& selected) {
    try {
        ProgressBar bar(context.err, context.err_is_terminal,
                        options.dry_run ? "trying" : "redriving", selected.dead_letters);
        while (run.next())
            bar.show(run.tried(), selected.dead_letters);
    } catch (const std::exception&) {
        report(context, run, selected, options.dry_run, false);
        throw;
    }
    report(context, run, selected, options.dry_run, true);
}

}  // namespace

int dlq_redrive(Context& context, const RedriveOptions& options) {
    postgres::require_own_backend(context.database().url());
    const auto connection = context.connect();
    catalogue::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    const catalogue::DeadLetterFilter filter = catalogue::as_of_now(*connection, options.filter);
    const operate::Selected selected = operate::select(*connection, filter);
    if (!context.json)
        for (const std::string& warning : selected.warnings)
            context.err << warning << '\n';
    if (selected.dead_letters > 0 && !options.dry_run && !options.yes &&
        !agreed(context, selected.lines))
        return static_cast<int>(ExitCode::usage);
    operate::RedriveJob run(
        context.servers(),
        options.dry_run ? executor::RedriveOutcome::undo : executor::RedriveOutcome::keep, filter);
    run_all(context, options, run, selected);
    const bool all = run.result().refused.empty() && run.result().waiting == 0;
    return static_cast<int>(all ? ExitCode::ok : ExitCode::difference);
}

void add_dlq_redrive(CLI::App& dlq, Context& context) {
    auto options = std::make_shared<RedriveOptions>();
    CLI::App* command = dlq.add_subcommand(
        "redrive", "Run dead letters again through the statements that missed them");
    add_filter_options_and_ids(*command, options->filter);
    command->add_flag(
        "--dry-run", options->dry_run,
        "Run everything and roll it back: show what would be stored and what refused");
    command->add_flag("--yes", options->yes, "Don't ask for confirmation");
    command->footer(
        "Uses the current rules and tables. A stored record leaves the dead letters in the same "
        "transaction.\n"
        "It can be stopped and run again. Services may run. Exit status: 1 if some records were "
        "refused again.\n"
        "See docs/how-to/dead-letters.md.\n\n"
        "Example:\n  tidewheel dlq redrive --reason check_violation --dry-run");
    command->callback([&context, options] {
        context.action = [&context, options] { return dlq_redrive(context, *options); };
    });
}

}  // namespace tidewheel::cli
