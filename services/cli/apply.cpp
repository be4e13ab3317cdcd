#include "cli/apply.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/deployment.hpp"
#include "cli/ledger.hpp"
#include "cli/plan.hpp"
#include "cli/table.hpp"
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

void print_json(Context& context, const DeploymentReport& report) {
    Json statements = Json::array(), topics = Json::array(), removed = Json::array();
    for (const Deployed& done : report.statements)
        statements.push(statement_as_json(done));
    for (const MissingTopic& topic : report.topics)
        topics.push(Json::object().set("topic", topic.topic).set("partitions", topic.partitions));
    for (const std::string& each : report.removed)
        removed.push(each);
    print(context.out, Json::object()
                           .set("changed", report.changed)
                           .set("statements", statements)
                           .set("topics_created", topics)
                           .set("removed", removed));
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
    for (const std::string& each : report.removed)
        context.out << "note: " << each << '\n';
    context.out << plural(count(report, Verdict::create), "statement") << " created, "
                << count(report, Verdict::unchanged) << " unchanged\n";
}

}  // namespace

int apply(Context& context, const ApplyOptions& options) {
    if (options.dry_run) return plan(context, PlanOptions{options.paths});
    const PipelineFiles files = read_pipeline_files(options.paths);
    const auto connection = context.connect();
    kafka::Admin admin(context.kafka());
    postgres::Transaction transaction(*connection);
    const DeploymentReport report = deploy(transaction, admin, files);
    for (const MissingTopic& topic : report.topics)
        admin.create_topic(topic.topic, topic.partitions, topic.replication);
    if (report.changed) raise_version(transaction);  // late: nobody can claim until the commit
    transaction.commit();  // after the topics: services must not meet a stream without its topic
    context.json ? print_json(context, report) : print_text(context, report);
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
    command->add_flag("--dry-run", options->dry_run,
                      "Check everything and change nothing: the same as tidewheel plan");
    command->footer(
        "Everything is checked before anything is changed, and it is one transaction. Applying "
        "again changes nothing.\n"
        "Exit status: 3 when the pipeline is wrong or an incompatible change was refused.\n\n"
        "Example:\n  tidewheel apply pipelines/store_events.sql");
    command->callback([&context, options] {
        context.action = [&context, options] { return apply(context, *options); };
    });
}

}  // namespace tidewheel::cli
