#include "cli/commands/apply.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/commands/plan.hpp"
#include "cli/context.hpp"
#include "cli/terminal/former_flag.hpp"
#include "cli/terminal/progress_bar.hpp"
#include "cli/terminal/statement_titles.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/operate/apply_and_rebuild.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

Json statement_as_json(const apply::Deployed& done) {
    Json json = Json::object();
    json.set("name", done.statement.name)
        .set("kind", kind_of(done.statement))
        .set("outcome", outcome(done.kind, false));
    json.set("file", done.statement.position.file)
        .set("line", done.statement.position.line)
        .set("warnings", done.warnings);
    return json;
}

void print_json(Context& context, const apply::DeploymentReport& report,
                const std::vector<operate::Rebuilt>& rebuilt) {
    Json views = Json::array();
    for (const operate::Rebuilt& each : rebuilt)
        views.push(Json::object().set("view", each.view).set("records", each.records));
    Json statements = Json::array(), topics = Json::array();
    for (const apply::Deployed& done : report.statements)
        statements.push(statement_as_json(done));
    for (const apply::MissingTopic& topic : report.topics)
        topics.push(Json::object().set("topic", topic.topic).set("partitions", topic.partitions));
    print(context.out, Json::object()
                           .set("changed", report.changed)
                           .set("statements", statements)
                           .set("topics_created", topics)
                           .set("rebuilt", views)
                           .set("read_again", report.recomputation.rows)
                           .set("removed", report.removed)
                           .set("warnings", report.warnings)
                           .set("notes", report.notes));
}

long long count(const apply::DeploymentReport& report, apply::ChangeKind kind) {
    return std::count_if(report.statements.begin(), report.statements.end(),
                         [&](const apply::Deployed& done) { return done.kind == kind; });
}

void print_text(Context& context, const apply::DeploymentReport& report) {
    std::string warnings;
    for (const apply::Deployed& done : report.statements) {
        const std::string done_as = outcome(done.kind, false);
        context.out << done_as << std::string(11 - done_as.size(), ' ') << title(done.statement)
                    << '\n';
        for (const std::string& warning : done.warnings)
            warnings += "warning: " + done.statement.name + ": " + warning + "\n";
    }
    for (const apply::MissingTopic& topic : report.topics)
        context.out << "created    topic " << topic.topic << " with "
                    << plural(topic.partitions, "partition") << '\n';
    context.out << warnings;
    for (const std::string& each : report.warnings)
        context.out << "warning: " << each << '\n';
    for (const std::string& each : report.notes)
        context.out << "note: " << each << '\n';
    for (const std::string& each : report.removed)
        context.out << "note: " << each << '\n';
    const long long changed = count(report, apply::ChangeKind::change);
    const long long restored = count(report, apply::ChangeKind::restore);
    context.out << plural(count(report, apply::ChangeKind::create), "statement") << " created, "
                << (changed > 0 ? std::to_string(changed) + " changed, " : "")
                << (restored > 0 ? std::to_string(restored) + " restored, " : "")
                << count(report, apply::ChangeKind::unchanged) << " unchanged\n";
}

void print_read_again(Context& context, const std::vector<std::string>& statements) {
    for (const std::string& name : statements)
        context.out << "reads again rows " << name
                    << ", from the topic's first record; rows already stored stay unless its ON "
                       "CONFLICT replaces them; the other INSERTs of its stream store nothing "
                       "until it finishes\n";
}

void print_rebuilt(Context& context, const operate::Rebuilt& rebuilt) {
    context.out << "rebuilt    view " << rebuilt.view << " from "
                << plural(rebuilt.records, "record") << '\n';
    for (const std::string& each : rebuilt.left_over)
        context.out << "note: " << each << "; the next rebuild or drop of " << rebuilt.view
                    << " removes it\n";
}

}  // namespace

int apply(Context& context, const ApplyOptions& options) {
    if (options.dry_run) return plan(context, {options.paths, options.rebuild});
    const operate::Servers servers = context.servers();
    const operate::ApplyRequest request{options.rebuild, options.allow_truncated_topic,
                                        context.share};
    const apply::DeploymentReport report =
        operate::apply_files(servers, apply::read_pipeline_files(options.paths), request);
    if (!context.json) {
        print_text(context, report);
        print_read_again(context, report.recomputation.rows);
    }
    const StopOnSignal signal;
    std::vector<operate::Rebuilt> rebuilt;
    ProgressBar bar(context.err, context.err_is_terminal, "rebuilding");
    operate::recompute(servers, report.recomputation, request, rebuild_limits(context.settings),
                       bar, signal.token(), [&](const operate::Rebuilt& done) {
                           rebuilt.push_back(done);
                           if (!context.json) print_rebuilt(context, done);
                       });
    bar.end();
    if (context.json) print_json(context, report, rebuilt);
    return 0;
}

void add_apply(CLI::App& program, Context& context) {
    auto options = std::make_shared<ApplyOptions>();
    options->paths = {"pipelines"};
    CLI::App* command = program.add_subcommand(
        "apply", "Make the database and the topics match the pipeline files");
    command->add_option("path", options->paths, "Pipeline files, or folders of .sql files")
        ->type_name("FILE|DIR")
        ->capture_default_str();
    command->add_flag("--rebuild", options->rebuild,
                      "Recompute from the topic what changes now or changed earlier; without it, "
                      "changes apply to new records only");
    command->add_flag("--allow-truncated-topic", options->allow_truncated_topic,
                      "With --rebuild, rebuild even from a topic that has lost records");
    add_former_flag(*command, context, "--from-what-is-left", "--allow-truncated-topic",
                    options->allow_truncated_topic);
    command->add_flag("--dry-run", options->dry_run,
                      "Check everything and change nothing: the same as tidewheel plan");
    command->footer(
        "Everything is checked before anything changes, and all of it is one transaction.\n"
        "Applying the same files again changes nothing. Services may run.\n"
        "See docs/how-to/change-a-pipeline.md.\n\n"
        "Example:\n  tidewheel apply pipelines/store_events.sql");
    command->callback([&context, options] {
        context.action = [&context, options] { return apply(context, *options); };
        context.several =
            options->dry_run ? SeveralDatabases::each : SeveralDatabases::until_failure;
        if (options->dry_run) return;
        context.precondition = [&context] { context.connect_to_catalogue(); };
    });
}

}  // namespace tidewheel::cli
