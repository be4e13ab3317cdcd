#include "cli/commands/plan.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/terminal/statement_titles.hpp"
#include "cli/terminal/text_diff.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/executor/explain.hpp"
#include "tidewheel/operate/apply_and_rebuild.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

struct PlanEntry {
    sql::Statement statement;
    std::string outcome;  // unchanged, to be created…; empty: the catalogue alone was asked
    executor::Explanation lines;
    std::vector<std::string> warnings;
    std::string before = {};  // the text that was applied, where this one differs from it
};

struct Plan {
    std::vector<PlanEntry> entries;
    std::vector<std::string> warnings, notes;
    bool of_catalogue = false;  // no file was named
};

const catalogue::StoredStream* find_stream(const apply::DeploymentReport& report,
                                           const sql::Stream& declared) {
    sql::RelationName name = declared.name;
    if (name.schema.empty()) name.schema = report.schema;
    const auto found =
        std::find_if(report.streams.begin(), report.streams.end(),
                     [&](const catalogue::StoredStream& each) { return each.stream.name == name; });
    return found == report.streams.end() ? nullptr : &*found;
}

const catalogue::StoredStream& stream_by_id(const std::vector<catalogue::StoredStream>& streams,
                                            int id) {
    return *std::find_if(streams.begin(), streams.end(),
                         [&](const catalogue::StoredStream& each) { return each.id == id; });
}

executor::Explanation lines_of(const sql::Statement& statement,
                               const apply::DeploymentReport& report) {
    if (const auto* declared = std::get_if<sql::Stream>(&statement.body)) {
        const auto* stream = find_stream(report, *declared);
        return stream ? executor::explain(*stream, report.executions) : executor::Explanation{};
    }
    for (const catalogue::StoredStatement& stored : report.continuous)
        if (stored.statement.name == statement.name)
            return executor::explain(stream_by_id(report.streams, stored.stream_id), stored,
                                     report.executions);
    return {};
}

bool is_changed(const apply::Deployed& done) {
    return !done.before.empty() && done.before != done.statement.text &&
           (done.kind == apply::ChangeKind::change || done.kind == apply::ChangeKind::repeat);
}

Plan plan_files(Context& context, const PlanOptions& options) {
    const apply::DeploymentReport report =
        operate::try_files(context.servers(), apply::read_pipeline_files(options.paths),
                           {.rebuild = options.rebuild, .share = context.share});
    Plan plan;
    for (const apply::Deployed& done : report.statements)
        plan.entries.push_back({done.statement, outcome(done.kind, true),
                                lines_of(done.statement, report), done.warnings,
                                is_changed(done) ? done.before : ""});
    plan.warnings = report.warnings;
    for (const apply::MissingTopic& topic : report.topics)
        plan.notes.push_back("topic " + topic.topic + " with " +
                             plural(topic.partitions, "partition") + " will be created");
    for (const apply::ViewDefinition& view : report.recomputation.views)
        plan.notes.push_back("view " + view.stored.statement.name +
                             " will be rebuilt from its topic");
    for (const std::string& name : report.recomputation.rows)
        plan.notes.push_back(name +
                             " will read its topic again; the other INSERTs of its stream store "
                             "nothing until it finishes");
    plan.notes.insert(plan.notes.end(), report.notes.begin(), report.notes.end());
    plan.notes.insert(plan.notes.end(), report.removed.begin(), report.removed.end());
    return plan;
}

Plan plan_catalogue(Context& context) {
    const auto connection = context.connect_to_share();
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(*connection);
    postgres::Transaction transaction(*connection);
    const executor::Executions executions = executor::executions_of(transaction, catalogue);
    Plan plan;
    plan.of_catalogue = true;
    for (const catalogue::StoredStream& stored : catalogue.streams) {
        sql::Statement statement;
        statement.name = stored.stream.name.text();
        statement.body = stored.stream;
        plan.entries.push_back({statement, "", executor::explain(stored, executions), {}});
    }
    for (const catalogue::StoredStatement& stored : catalogue.statements)
        plan.entries.push_back(
            {stored.statement,
             "",
             executor::explain(catalogue.stream(stored.stream_id), stored, executions),
             {}});
    return plan;
}

void print_text(Context& context, const Plan& plan) {
    for (const PlanEntry& entry : plan.entries) {
        context.out << title(entry.statement) << (entry.outcome.empty() ? "" : ": " + entry.outcome)
                    << '\n';
        for (const auto& [label, text] : entry.lines)
            context.out << "    " << label
                        << std::string(label.size() < 12 ? 12 - label.size() : 1, ' ') << text
                        << '\n';
        if (!entry.before.empty())
            context.out << diff_text(diff_lines(entry.before, entry.statement.text), "    ",
                                     context.out_is_terminal);
        for (const std::string& warning : entry.warnings)
            context.out << "    warning: " << warning << '\n';
    }
    for (const std::string& warning : plan.warnings)
        context.out << "warning: " << warning << '\n';
    for (const std::string& note : plan.notes)
        context.out << "note: " << note << '\n';
    if (plan.of_catalogue && plan.entries.empty())
        context.out << "The catalogue is empty. Run tidewheel apply.\n";
}

void print_json(Context& context, const Plan& plan) {
    Json statements = Json::array();
    for (const PlanEntry& entry : plan.entries) {
        Json json = Json::object();
        json.set("name", entry.statement.name).set("kind", kind_of(entry.statement));
        if (!entry.outcome.empty()) json.set("outcome", entry.outcome);
        if (!entry.before.empty())
            json.set("before", entry.before).set("after", entry.statement.text);
        Json lines = Json::object();
        for (const auto& [label, text] : entry.lines)
            lines.set(label, text);
        statements.push(json.set("plan", lines).set("warnings", entry.warnings));
    }
    print(context.out, Json::object()
                           .set("statements", statements)
                           .set("warnings", plan.warnings)
                           .set("notes", plan.notes));
}

}  // namespace

int plan(Context& context, const PlanOptions& options) {
    const Plan result =
        options.paths.empty() ? plan_catalogue(context) : plan_files(context, options);
    context.json ? print_json(context, result) : print_text(context, result);
    return 0;
}

void add_plan(CLI::App& program, Context& context) {
    auto options = std::make_shared<PlanOptions>();
    CLI::App* command = program.add_subcommand(
        "plan", "Show what apply would do and how each statement runs; change nothing");
    command
        ->add_option("path", options->paths,
                     "Pipeline files or folders; none: what the catalogue holds")
        ->type_name("FILE|DIR");
    command->add_flag("--rebuild", options->rebuild, "Show what apply --rebuild would do");
    command->footer(
        "Asks PostgreSQL about every type and name, as apply does. An error names its file, line "
        "and column.\n"
        "See docs/how-to/own-pipeline.md.\n\n"
        "Example:\n  tidewheel plan pipelines/store_events.sql");
    command->callback([&context, options] {
        context.several = SeveralDatabases::each;
        context.action = [&context, options] { return plan(context, *options); };
    });
}

}  // namespace tidewheel::cli
