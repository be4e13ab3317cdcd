#include "cli/dlq_redrive.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/progress_bar.hpp"
#include "cli/question.hpp"
#include "cli/redrive_run.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using postgres::Redriven;

// Statements for which an older record isn't the same late as in time.
std::vector<std::string> warnings(postgres::Connection& connection, const std::string& where) {
    const postgres::Catalogue catalogue = postgres::load_catalogue(connection);
    std::vector<std::string> lines;
    for (const postgres::Row& row :
         connection.query("SELECT DISTINCT m" + std::string(from_dead_letters) +
                          "CROSS JOIN LATERAL unnest(d.missed_by) m " + where + " ORDER BY 1"))
        for (const postgres::StoredStatement& each : catalogue.statements) {
            const auto* rows = std::get_if<sql::RowStatement>(&each.statement.body);
            if (each.id != row.integer(0) || !rows) continue;
            if (rows->on_conflict == sql::OnConflict::update)
                lines.push_back("warning: " + each.statement.name +
                                " has ON CONFLICT DO UPDATE: an old record overwrites what newer "
                                "ones of its key have stored since");
        }
    return lines;
}

struct Selected {
    std::int64_t letters = 0;
    std::vector<std::string> lines, warnings;  // for people
};

Selected select(postgres::Connection& connection, const DeadLetterFilter& filter) {
    const std::string where = "WHERE " + condition_of(filter);
    Selected selected;
    for (const postgres::Row& row :
         connection.query("SELECT t.name, d.reason, count(*)" + std::string(from_dead_letters) +
                          where + " GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2")) {
        selected.letters += row.integer(2);
        selected.lines.push_back(row.text(0) + ": " + plural(row.integer(2), "dead letter") +
                                 " of reason " + row.text(1));
    }
    selected.warnings = warnings(connection, where);
    if (const auto missing = missing_ids(connection, filter)) selected.warnings.push_back(*missing);
    return selected;
}

std::size_t refused_of(const Redriven& result) {
    std::size_t letters = 0;
    for (const auto& [reason, count] : result.refused)
        letters += count;
    return letters;
}

std::string count_of(std::size_t number) {
    return grouped(static_cast<long long>(number));
}

// Letters that were selected and not met.
struct Unmet {
    std::int64_t gone = 0;  // redriven or discarded by somebody else meanwhile
    std::int64_t not_tried = 0;
};

Unmet unmet(const RedriveRun& run, std::int64_t selected, bool whole) {
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
    if (unmet.gone > 0) line += "; gone meanwhile: " + grouped(unmet.gone);
    if (unmet.not_tried > 0) line += "; not tried: " + grouped(unmet.not_tried);
    return line;
}

Json as_json(const std::vector<std::string>& lines) {
    Json items = Json::array();
    for (const std::string& line : lines)
        items.push(line);
    return items;
}

Json report_as_json(const RedriveRun& run, const Selected& selected, const Unmet& unmet,
                    bool dry_run) {
    const Redriven& result = run.result();
    Json refused = Json::object(), stopped = Json::array();
    for (const auto& [reason, count] : result.refused)
        refused.set(reason, static_cast<std::int64_t>(count));
    for (const postgres::StoppedStatement& each : run.stopped())
        stopped.push(Json::object().set("statement", each.name).set("reason", each.reason));
    return Json::object()
        .set("dry_run", dry_run)
        .set("selected", selected.letters)
        .set("stored", static_cast<std::int64_t>(result.stored))
        .set("refused", refused)
        .set("waiting", static_cast<std::int64_t>(result.waiting))
        .set("gone", unmet.gone)
        .set("not_tried", unmet.not_tried)
        .set("stopped", stopped)
        .set("warnings", as_json(selected.warnings));
}

void report(Context& context, const RedriveRun& run, const Selected& selected, bool dry_run,
            bool whole) {
    const Unmet rest = unmet(run, selected.letters, whole);
    if (context.json) return print(context.out, report_as_json(run, selected, rest, dry_run));
    for (const postgres::StoppedStatement& each : run.stopped())
        context.err << "statement " << each.name << " can't be run: " << each.reason << '\n';
    context.out << closing_line(run.result(), rest, dry_run) << '\n';
}

// Says what was done, even if it ends halfway.
void run_all(Context& context, const RedriveOptions& options, RedriveRun& run,
             const Selected& selected) {
    try {
        ProgressBar bar(context.err, context.err_is_terminal,
                        options.dry_run ? "trying" : "redriving", selected.letters);
        while (run.next())
            bar.set(run.tried());
    } catch (const std::exception&) {
        report(context, run, selected, options.dry_run, false);
        throw;
    }
    report(context, run, selected, options.dry_run, true);
}

}  // namespace

int dlq_redrive(Context& context, const RedriveOptions& options) {
    const auto connection = context.connect();
    postgres::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    const DeadLetterFilter filter = as_of_now(*connection, options.filter);
    const Selected selected = select(*connection, filter);
    if (!context.json)
        for (const std::string& warning : selected.warnings)
            context.err << warning << '\n';
    if (selected.letters > 0 && !options.dry_run && !options.yes &&
        !agreed(context, selected.lines))
        return static_cast<int>(ExitCode::usage);
    RedriveRun run(context, options.dry_run ? postgres::Outcome::undo : postgres::Outcome::keep,
                   filter);
    run_all(context, options, run, selected);
    const bool all = run.result().refused.empty() && run.result().waiting == 0;
    return static_cast<int>(all ? ExitCode::ok : ExitCode::difference);
}

void add_dlq_redrive(CLI::App& dlq, Context& context) {
    auto options = std::make_shared<RedriveOptions>();
    CLI::App* command = dlq.add_subcommand(
        "redrive", "Run dead letters again through the statements that missed them");
    add_filter_options_and_ids(*command, options->filter);
    command->add_flag("--dry-run", options->dry_run,
                      "Run everything and undo it: what would be stored, what refused");
    command->add_flag("--yes", options->yes, "Don't ask");
    command->footer(
        "By the rules and tables of now. What is stored is a dead letter no longer, in the same "
        "transaction, so it may be stopped\n"
        "at any time and started again. What is refused again stays, with the reason of now. "
        "Services may go on.\n"
        "Exit status: 1 when some were refused again.\n\n"
        "Example:\n  tidewheel dlq redrive --reason check_violation --dry-run");
    command->callback([&context, options] {
        context.action = [&context, options] { return dlq_redrive(context, *options); };
    });
}

}  // namespace tidewheel::cli
