#include "cli/apply.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/deployment.hpp"
#include "cli/ledger.hpp"
#include "cli/plan.hpp"
#include "cli/rebuilding.hpp"
#include "cli/reset.hpp"
#include "cli/running_change.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

Json statement_as_json(const Deployed& done) {
    Json warnings = Json::array();
    for (const std::string& warning : done.warnings)
        warnings.push(warning);
    Json json = Json::object();
    json.set("name", done.statement.name)
        .set("kind", kind_of(done.statement))
        .set("outcome", outcome(done.verdict, false));
    json.set("file", done.statement.position.file)
        .set("line", done.statement.position.line)
        .set("warnings", warnings);
    return json;
}

struct Rebuilt {
    std::string view;
    std::int64_t records = 0;
};

void print_json(Context& context, const DeploymentReport& report,
                const std::vector<Rebuilt>& rebuilt) {
    Json views = Json::array(), rows = Json::array();
    for (const Rebuilt& each : rebuilt)
        views.push(Json::object().set("view", each.view).set("records", each.records));
    for (const std::string& each : report.recomputation.rows)
        rows.push(each);
    Json statements = Json::array(), topics = Json::array(), removed = Json::array(),
         notes = Json::array();
    for (const Deployed& done : report.statements)
        statements.push(statement_as_json(done));
    for (const MissingTopic& topic : report.topics)
        topics.push(Json::object().set("topic", topic.topic).set("partitions", topic.partitions));
    for (const std::string& each : report.removed)
        removed.push(each);
    for (const std::string& each : report.notes)
        notes.push(each);
    print(context.out, Json::object()
                           .set("changed", report.changed)
                           .set("statements", statements)
                           .set("topics_created", topics)
                           .set("rebuilt", views)
                           .set("read_again", rows)
                           .set("removed", removed)
                           .set("notes", notes));
}

long long count(const DeploymentReport& report, Verdict verdict) {
    return std::count_if(report.statements.begin(), report.statements.end(),
                         [&](const Deployed& done) { return done.verdict == verdict; });
}

void print_text(Context& context, const DeploymentReport& report) {
    std::string warnings;
    for (const Deployed& done : report.statements) {
        const std::string verdict = outcome(done.verdict, false);
        context.out << verdict << std::string(11 - verdict.size(), ' ') << title(done.statement)
                    << '\n';
        for (const std::string& warning : done.warnings)
            warnings += "warning: " + done.statement.name + ": " + warning + "\n";
    }
    for (const MissingTopic& topic : report.topics)
        context.out << "created    topic " << topic.topic << " with "
                    << plural(topic.partitions, "partition") << '\n';
    context.out << warnings;
    for (const std::string& each : report.notes)
        context.out << "note: " << each << '\n';
    for (const std::string& each : report.removed)
        context.out << "note: " << each << '\n';
    const long long changed = count(report, Verdict::change);
    context.out << plural(count(report, Verdict::create), "statement") << " created, "
                << (changed > 0 ? std::to_string(changed) + " changed, " : "")
                << count(report, Verdict::unchanged) << " unchanged\n";
}

// One attempt. What it has learnt of topics outlives a failed one: they are made by then.
DeploymentReport deploy_files(Context& context, const PipelineFiles& files,
                              const ApplyOptions& options, std::vector<MissingTopic>& made) {
    const auto connection = context.connect();
    kafka::Admin admin(context.kafka());
    postgres::Transaction transaction(*connection);
    limit_waits(transaction);
    DeploymentReport report =
        deploy(transaction, admin, files,
               {.rebuild = options.rebuild, .from_what_is_left = options.from_what_is_left});
    for (const MissingTopic& topic : report.topics) {
        admin.create_topic(topic.topic, topic.partitions, topic.replication);
        made.push_back(topic);
    }
    if (report.changed) raise_version(transaction);  // late: nobody can claim until the commit
    commit_change(
        transaction);  // after the topics: services must not meet a stream without its topic
    report.topics = made;
    return report;
}

// Killed in between, all of it is done by the next apply --rebuild: the catalogue knows what it was
// changed under.
std::vector<Rebuilt> recompute(Context& context, const Recomputation& recomputation,
                               bool from_what_is_left) {
    const StopOnSignal signal;
    std::vector<Rebuilt> rebuilt;
    if (!recomputation.rows.empty()) read_again(context, recomputation.rows);
    if (!context.json)
        for (const std::string& name : recomputation.rows)
            context.out
                << "reads again rows " << name
                << ", from the topic's first record; what it has stored already stays, "
                   "unless its ON CONFLICT replaces it; nothing is stored for the other INSERTs of "
                   "its stream until it is through\n";
    for (const ViewDefinition& view : recomputation.views) {
        Rebuilding rebuilding(context, {view.stored.statement.name, from_what_is_left},
                              signal.token(), view);
        rebuilding.run();
        rebuilt.push_back({view.stored.statement.name, rebuilding.records()});
        if (context.json) continue;
        context.out << "rebuilt    view " << rebuilt.back().view << " out of "
                    << plural(rebuilt.back().records, "record") << '\n';
        for (const std::string& each : rebuilding.left_over())
            context.out << "note: " << each << "; the next rebuild or drop of "
                        << rebuilt.back().view << " removes it\n";
    }
    return rebuilt;
}

}  // namespace

int apply(Context& context, const ApplyOptions& options) {
    if (options.dry_run) return plan(context, {options.paths, options.rebuild});
    const PipelineFiles files = read_pipeline_files(options.paths);
    DeploymentReport report;
    std::vector<MissingTopic> topics;
    despite_locks(context, [&] { report = deploy_files(context, files, options, topics); });
    if (!context.json) print_text(context, report);
    const auto rebuilt = recompute(context, report.recomputation, options.from_what_is_left);
    if (context.json) print_json(context, report, rebuilt);
    return 0;
}

void add_apply(CLI::App& program, Context& context) {
    auto options = std::make_shared<ApplyOptions>();
    options->paths = {"pipelines"};
    CLI::App* command = program.add_subcommand(
        "apply", "Bring the database and the topics to what the pipeline files say");
    command->add_option("path", options->paths, "Pipeline files, or folders of .sql files")
        ->type_name("FILE|DIR")
        ->capture_default_str();
    command->add_flag(
        "--rebuild", options->rebuild,
        "Compute anew, from the topic, what is changed or was changed before; without "
        "it, changes hold from now on");
    command->add_flag("--from-what-is-left", options->from_what_is_left,
                      "With --rebuild, even though a topic has lost its first records");
    command->add_flag("--dry-run", options->dry_run,
                      "Check everything and change nothing: the same as tidewheel plan");
    command->footer(
        "Everything is checked before anything is changed, and it is one transaction. Applying "
        "again changes nothing.\n"
        "Streams, views and INSERTs may change while the services run. With --rebuild, a view is "
        "computed beside the old one and\n"
        "takes its place at the same offsets; an INSERT reads its topic again, if its ON CONFLICT "
        "has a unique index to go by that\n"
        "forbids duplicates (see tidewheel reset); until it is through, nothing is stored for the "
        "other INSERTs of its stream.\n"
        "Exit status: 3 when the pipeline is wrong or an incompatible change was refused.\n\n"
        "Example:\n  tidewheel apply pipelines/store_events.sql");
    command->callback([&context, options] {
        context.action = [&context, options] { return apply(context, *options); };
    });
}

}  // namespace tidewheel::cli
