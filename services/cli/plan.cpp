#include "cli/plan.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/explanation.hpp"
#include "cli/running_change.hpp"
#include "cli/table.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

struct PlanEntry {
    sql::Statement statement;
    std::string outcome;  // unchanged, to be created…; empty: the catalogue alone was asked
    Explanation lines;
    std::vector<std::string> warnings;
};

struct Plan {
    std::vector<PlanEntry> entries;
    std::vector<std::string> notes;
};

const postgres::StoredStream* find_stream(const DeploymentReport& report,
                                          const sql::Stream& declared) {
    sql::RelationName name = declared.name;
    if (name.schema.empty()) name.schema = report.schema;
    const auto found =
        std::find_if(report.streams.begin(), report.streams.end(),
                     [&](const postgres::StoredStream& each) { return each.stream.name == name; });
    return found == report.streams.end() ? nullptr : &*found;
}

const postgres::StoredStream& stream_by_id(const std::vector<postgres::StoredStream>& streams,
                                           int id) {
    return *std::find_if(streams.begin(), streams.end(),
                         [&](const postgres::StoredStream& each) { return each.id == id; });
}

Explanation lines_of(const sql::Statement& statement, const DeploymentReport& report) {
    if (const auto* declared = std::get_if<sql::Stream>(&statement.body)) {
        const auto* stream = find_stream(report, *declared);
        return stream ? explain(*stream) : Explanation{};
    }
    for (const postgres::StoredStatement& stored : report.continuous)
        if (stored.statement.name == statement.name)
            return explain(stream_by_id(report.streams, stored.stream_id), stored);
    return {};
}

// Does all that `apply` would do, and rolls it back.
Plan try_files(Context& context, const PlanOptions& options) {
    const PipelineFiles files = read_pipeline_files(options.paths);
    const auto connection = context.connect();
    kafka::Admin admin(context.kafka());
    postgres::Transaction transaction(*connection);
    limit_waits(transaction);
    const DeploymentReport report =
        deploy(transaction, admin, files, {.rebuild = options.rebuild, .dry_run = true});
    Plan plan;
    for (const Deployed& done : report.statements)
        plan.entries.push_back({done.statement, outcome(done.verdict, true),
                                lines_of(done.statement, report), done.warnings});
    for (const MissingTopic& topic : report.topics)
        plan.notes.push_back("topic " + topic.topic + " with " +
                             plural(topic.partitions, "partition") + " is to be created");
    for (const ViewDefinition& view : report.recomputation.views)
        plan.notes.push_back("view " + view.stored.statement.name +
                             " is to be computed anew from its topic");
    for (const std::string& name : report.recomputation.rows)
        plan.notes.push_back(name +
                             " is to read its topic again; nothing is stored for the other INSERTs "
                             "of its stream until it is through");
    plan.notes.insert(plan.notes.end(), report.notes.begin(), report.notes.end());
    plan.notes.insert(plan.notes.end(), report.removed.begin(), report.removed.end());
    return plan;
}

Plan plan_files(Context& context, const PlanOptions& options) {
    Plan plan;
    despite_locks(context, [&] { plan = try_files(context, options); });
    return plan;
}

Plan plan_catalogue(Context& context) {
    const auto connection = context.connect();
    const postgres::Catalogue catalogue = postgres::load_catalogue(*connection);
    Plan plan;
    for (const postgres::StoredStream& stored : catalogue.streams) {
        sql::Statement statement;
        statement.name = stored.stream.name.text();
        statement.body = stored.stream;
        plan.entries.push_back({statement, "", explain(stored), {}});
    }
    for (const postgres::StoredStatement& stored : catalogue.statements)
        plan.entries.push_back(
            {stored.statement, "", explain(catalogue.stream(stored.stream_id), stored), {}});
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
        for (const std::string& warning : entry.warnings)
            context.out << "    warning: " << warning << '\n';
    }
    for (const std::string& note : plan.notes)
        context.out << "note: " << note << '\n';
    if (plan.entries.empty()) context.out << "The catalogue is empty: tidewheel apply fills it.\n";
}

void print_json(Context& context, const Plan& plan) {
    Json statements = Json::array(), notes = Json::array();
    for (const PlanEntry& entry : plan.entries) {
        Json json = Json::object();
        json.set("name", entry.statement.name).set("kind", kind_of(entry.statement));
        if (!entry.outcome.empty()) json.set("outcome", entry.outcome);
        Json lines = Json::object(), warnings = Json::array();
        for (const auto& [label, text] : entry.lines)
            lines.set(label, text);
        for (const std::string& warning : entry.warnings)
            warnings.push(warning);
        statements.push(json.set("plan", lines).set("warnings", warnings));
    }
    for (const std::string& note : plan.notes)
        notes.push(note);
    print(context.out, Json::object().set("statements", statements).set("notes", notes));
}

}  // namespace

std::string kind_of(const sql::Statement& statement) {
    if (const auto* plain = std::get_if<sql::PlainStatement>(&statement.body)) return plain->kind;
    if (std::holds_alternative<sql::Stream>(statement.body)) return "stream";
    return std::holds_alternative<sql::ViewStatement>(statement.body) ? "view" : "rows";
}

// A plain statement's name begins with what it is about, CREATE TABLE, TABLE t, or with its kind:
// ALTER TABLE, ALTER TABLE t ADD ….
std::string title(const sql::Statement& statement) {
    const std::string kind = kind_of(statement);
    const std::string seed = "ROWS ";
    if (kind == "INSERT … VALUES" && statement.name.starts_with(seed))
        return "seed rows of " + statement.name.substr(seed.size());
    if (statement.name.starts_with(kind + " ")) return statement.name;
    const std::string about = kind.substr(kind.rfind(' ') + 1) + " ";
    const bool repeats = statement.name.starts_with(about);
    return kind + " " + (repeats ? statement.name.substr(about.size()) : statement.name);
}

std::string outcome(Verdict verdict, bool to_come) {
    switch (verdict) {
        case Verdict::create:
            return to_come ? "to be created" : "created";
        case Verdict::change:
            return to_come ? "to be changed" : "changed";
        case Verdict::repeat:
            return to_come ? "to be repeated" : "repeated";
        case Verdict::unchanged:
            return "unchanged";
    }
    return "";
}

int plan(Context& context, const PlanOptions& options) {
    const Plan result =
        options.paths.empty() ? plan_catalogue(context) : plan_files(context, options);
    context.json ? print_json(context, result) : print_text(context, result);
    return 0;
}

void add_plan(CLI::App& program, Context& context) {
    auto options = std::make_shared<PlanOptions>();
    CLI::App* command = program.add_subcommand(
        "plan", "Say what apply would do, and how each statement runs; change nothing");
    command
        ->add_option("path", options->paths,
                     "Pipeline files or folders; none: what the catalogue holds")
        ->type_name("FILE|DIR");
    command->add_flag("--rebuild", options->rebuild, "As apply --rebuild would");
    command->footer("Example:\n  tidewheel plan pipelines/store_events.sql");
    command->callback([&context, options] {
        context.action = [&context, options] { return plan(context, *options); };
    });
}

}  // namespace tidewheel::cli
