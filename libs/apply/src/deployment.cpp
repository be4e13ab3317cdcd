#include "tidewheel/apply/deployment.hpp"

#include <algorithm>

#include "continuous_step.hpp"
#include "cross_read_check.hpp"
#include "error_location.hpp"
#include "ingress_check.hpp"
#include "object_step.hpp"
#include "stream_step.hpp"
#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/catalogue/roles.hpp"
#include "topic_sink.hpp"
#include "unknown_names.hpp"

namespace tidewheel::apply {
namespace {

using postgres::DatabaseError;
using postgres::Transaction;

// The schemas by name, so that the statement means the same for every role that runs it ("$user"
// would not). Never our own: a role named tidewheel would find it by "$user" and put its tables
// there. Temporary objects come last, where they hide nothing.
std::string settle_search_path(Transaction& transaction, const std::vector<std::string>& schemas) {
    std::string path;
    for (const std::string& schema : schemas)
        path += sql::RelationName{"", schema}.quoted() + ", ";
    path += "pg_temp";
    transaction.run("SET LOCAL search_path = " + path);
    catalogue::require_trusted_path(transaction);
    return path;
}

std::vector<std::string> schemas_to_use(Transaction& transaction) {
    std::vector<std::string> schemas = catalogue::own_search_path(transaction);
    std::erase(schemas, "tidewheel");
    if (schemas.empty())
        throw Error(Error::Kind::setting, "the search path names no existing schema",
                    "Run ALTER ROLE … SET search_path = public.");
    return schemas;
}

// What the database knows so far; the files say what they add to it.
sql::Scope scope_of(Transaction& transaction, const std::vector<std::string>& schemas) {
    return {schemas, [&](const sql::RelationName& name) {
                return !transaction.query("SELECT to_regclass($1)", {name.quoted()})[0].is_null(0);
            }};
}

bool can_use_server(Transaction& transaction) {
    return transaction
        .query(
            "SELECT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = 'kafka' AND "
            "has_server_privilege(oid, 'USAGE'))")[0]
        .boolean(0);
}

// In the order of the files: a statement comes after what it reads.
void apply_change(DeploymentState& deployment, const Change& change) {
    Deployed done{change.statement, change.kind, {}, change.before};
    deployment.transaction.run("SET LOCAL search_path = " + deployment.search_path);
    in_savepoint(deployment.transaction, [&] {
        if (std::holds_alternative<sql::Stream>(change.statement.body))
            deploy_stream(deployment, change, done);
        else if (std::holds_alternative<sql::PlainStatement>(change.statement.body))
            deploy_object(deployment, change, done);
        else
            deploy_continuous(deployment, change, done);
    });
    DeploymentReport& report = deployment.report;
    report.changed = report.changed || done.kind == ChangeKind::create ||
                     done.kind == ChangeKind::change || done.kind == ChangeKind::restore;
    report.statements.push_back(std::move(done));
}

// When everything else is done.
void finish(DeploymentState& deployment, const sql::Pipeline& pipeline) {
    if (!deployment.report.changed) return;
    const catalogue::Catalogue catalogue = catalogue::read_catalogue(deployment.transaction);
    deployment.alteration.readers(catalogue, pipeline);
    require_independence(deployment.transaction, deployment.files, catalogue.statements);
    require_no_cycle(deployment.files, catalogue);
}

DeploymentReport report_of(DeploymentState& deployment) {
    DeploymentReport report = std::move(deployment.report);
    report.recomputation = deployment.alteration.recomputation().all();
    report.notes = deployment.alteration.recomputation().notes();
    for (const std::string& note :
         describe(find_dropped(deployment.transaction), deployment.catalogue_rows))
        report.notes.push_back(note);
    return report;
}

// The name of what a statement makes, without schema and quotes.
std::string made_by(const Change& change) {
    if (!std::holds_alternative<sql::PlainStatement>(change.statement.body))
        return change.statement.name;
    const auto start = change.object.find_last_of(" .");
    std::string name = start == std::string::npos ? change.object : change.object.substr(start + 1);
    std::erase(name, '"');
    return name;
}

// All mistakes at once; but what mentions something that could not be made would only repeat why.
void apply_all(DeploymentState& deployment, const std::vector<Change>& changes) {
    std::vector<sql::Diagnostic> wrong;
    std::vector<std::string> not_made;
    for (const Change& change : changes) {
        const bool rests_on_a_mistake =
            std::any_of(not_made.begin(), not_made.end(),
                        [&](const std::string& name) { return mentions(change.statement, name); });
        if (!rests_on_a_mistake) {
            try {
                apply_change(deployment, change);
                continue;
            } catch (const sql::PipelineError& error) {
                wrong.insert(wrong.end(), error.diagnostics().begin(), error.diagnostics().end());
            }
        }
        not_made.push_back(made_by(change));
    }
    if (!wrong.empty()) throw sql::PipelineError(std::move(wrong));
}

// CREATE INDEX keeps the view's services from its state.
bool indexes(const Change& change, const catalogue::AppliedStatement& applied) {
    const auto* plain = std::get_if<sql::PlainStatement>(&change.statement.body);
    return plain && plain->indexed && change.kind == ChangeKind::create && applied.is_view &&
           plain->indexed->name == applied.target.name;
}

// Those that change, and those that read a stream that does.
std::vector<const catalogue::AppliedStatement*> touched(
    const std::vector<Change>& changes, const catalogue::CatalogueRows& catalogue_rows,
    const std::string& schema) {
    std::vector<const catalogue::AppliedStatement*> statements;
    for (const catalogue::AppliedStatement& applied : catalogue_rows.statements)
        if (std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
                if (indexes(change, applied)) return true;
                if (change.kind != ChangeKind::change) return false;
                const auto* stream = std::get_if<sql::Stream>(&change.statement.body);
                if (!stream) return change.statement.name == applied.name;
                const catalogue::AppliedStream* changed =
                    catalogue_rows.stream(qualified(stream->name, schema));
                return changed && changed->id == applied.stream_id;
            }))
            statements.push_back(&applied);
    return statements;
}

DeploymentReport deploy_over(Transaction& transaction, kafka::Admin& admin,
                             const PipelineFiles& files, const DeploymentOptions& options,
                             const std::vector<std::string>& schemas, const std::string& path,
                             const catalogue::CatalogueRows& catalogue_rows) {
    const std::string& schema = schemas.front();
    const sql::Pipeline pipeline = parse_files(files, catalogue::declared_streams(catalogue_rows),
                                               scope_of(transaction, schemas));
    const std::vector<Change> changes = compare(pipeline, catalogue_rows, files, schema);
    TopicReport topics = examine_topics(transaction, admin, changes, catalogue_rows, files, schema);

    const auto statements = touched(changes, catalogue_rows, schema);
    if (!options.dry_run && !statements.empty()) catalogue::fence_off(transaction, statements);

    DeploymentState deployment{transaction,
                               files,
                               catalogue_rows,
                               schema,
                               can_use_server(transaction),
                               path,
                               {transaction, admin, files, catalogue_rows, options},
                               find_dropped(transaction)};
    load_streams(deployment);
    apply_all(deployment, changes);
    require_own_paths(files, changes, deployment.report.streams, schema);
    finish(deployment, pipeline);
    DeploymentReport report = report_of(deployment);
    report.warnings = files_without_statement(files, pipeline);
    report.removed = describe_removed(changes, catalogue_rows, files, schema);
    report.schema = schema;
    for (const std::string& lacking : catalogue::grant_rights(transaction))
        report.notes.push_back(lacking);
    report.topics = std::move(topics.missing);
    for (Deployed& done : report.statements)
        if (const auto warning = topics.warnings.find(done.statement.name);
            warning != topics.warnings.end())
            done.warnings.push_back(warning->second);
    return report;
}

sql::PipelineError explained(Transaction& transaction, const PipelineFiles& files,
                             const catalogue::CatalogueRows& catalogue_rows,
                             const sql::PipelineError& error) {
    try {
        return sql::PipelineError(
            with_names_explained(transaction, files, catalogue_rows, error.diagnostics()));
    } catch (const DatabaseError&) {
        return error;  // the transaction is aborted: the messages stay as they are
    }
}

}  // namespace

DeploymentReport deploy(Transaction& transaction, kafka::Admin& admin, const PipelineFiles& files,
                        const DeploymentOptions& options) {
    catalogue::require_current(transaction);
    catalogue::lock_catalogue(transaction);
    if (options.share) catalogue::take_share(transaction, *options.share);
    const std::vector<std::string> schemas = schemas_to_use(transaction);
    const std::string path = settle_search_path(transaction, schemas);
    catalogue::resolve_missing(transaction);
    transaction.run("SET LOCAL search_path = " + path);
    const catalogue::CatalogueRows catalogue_rows = catalogue::read_catalogue_rows(transaction);
    try {
        return deploy_over(transaction, admin, files, options, schemas, path, catalogue_rows);
    } catch (const sql::PipelineError& error) {
        throw explained(transaction, files, catalogue_rows, error);
    }
}

}  // namespace tidewheel::apply
