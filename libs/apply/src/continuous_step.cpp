#include "continuous_step.hpp"

#include "error_location.hpp"
#include "row_definition.hpp"
#include "stream_step.hpp"

namespace tidewheel::apply {
namespace {

using catalogue::StoredStatement;
using catalogue::StoredStream;
using postgres::DatabaseError;

// A relation that holds rows cannot be restored from its text.
void require_there(DeploymentState& deployment, const catalogue::AppliedStatement& applied,
                   const sql::Statement& statement) {
    if (deployment.dropped.states.contains(applied.id))
        throw sql::PipelineError(
            {diagnostic_at(deployment.files, statement, 0,
                           "state table " + applied.state_table + " of view " + applied.name +
                               " was dropped, and with it what the view has counted",
                           hint_to_restore_state(applied))});
    if (deployment.dropped.targets.contains(applied.id) &&
        !exists(deployment.transaction, applied.target))
        throw sql::PipelineError(
            {diagnostic_at_word(deployment.files, statement, applied.target.name,
                                "table " + applied.target.text() + " was dropped",
                                hint_to_restore_table(applied.target, deployment.catalogue_rows))});
}

// A view can be changed only if it exists.
void require_view(DeploymentState& deployment, const catalogue::AppliedStatement& applied,
                  const sql::Statement& statement) {
    require_there(deployment, applied, statement);
    if (deployment.dropped.views.contains(applied.id))
        throw sql::PipelineError({diagnostic_at(
            deployment.files, statement, 0, "view " + applied.target.text() + " was dropped",
            "Apply the text that it had, which creates it again, and then "
            "this one; or run `tidewheel drop " +
                applied.name + "` and apply.")});
}

// Restores the view that users read, over its state, which still exists.
void restore_view(DeploymentState& deployment, StoredStatement& stored, Deployed& done) {
    auto& view = std::get<sql::ViewStatement>(stored.statement.body);
    view.name = deployment.catalogue_rows.statement(stored.id)->target;
    const auto columns = check_view(deployment.transaction, deployment.files, stored.statement);
    const std::string ddl = "CREATE VIEW " + view.name.quoted() + " AS " +
                            cast_to(columns, view.finish(stored.state_table));
    blame(deployment.files, stored.statement, ddl, [&] { deployment.transaction.run(ddl); });
    deployment.mark_restored(done, "it had been dropped, but its state still existed");
}

void change_continuous(DeploymentState& deployment, const StoredStream& stream,
                       StoredStatement& stored, Deployed& done) {
    if (auto* view = std::get_if<sql::ViewStatement>(&stored.statement.body)) {
        if (view->name.schema.empty()) view->name.schema = deployment.schema;
        require_view(deployment, *deployment.catalogue_rows.statement(stored.statement.name),
                     stored.statement);
        return deployment.alteration.view(stream, stored, deployment.views_of(stream), done);
    }
    resolve_table(deployment, stored.statement);
    deployment.alteration.rows(stream, stored, done);
}

// The statement runs as it was resolved when it was applied, even if its names mean other objects
// today; that deserves a warning.
void take_stored(DeploymentState& deployment, const StoredStream& stream,
                 const catalogue::AppliedStatement& applied, StoredStatement& stored,
                 Deployed& done) {
    if (applied.resolution.text.empty()) return;
    stored.resolution = applied.resolution;
    catalogue::adopt(stored, {stream.stream});
    try {
        in_scratch(deployment.transaction, [&] {
            deployment.transaction.run("SET LOCAL search_path = " + stored.search_path);
            if (catalogue::resolve(deployment.transaction, stored.statement, applied.target)
                    .objects != applied.resolution.objects)
                done.warnings.push_back(
                    "its names mean other objects now than when it was applied; it uses the former "
                    "ones until its text changes");
        });
    } catch (const DatabaseError& error) {
        if (error.retryable()) throw;
        done.warnings.push_back(std::string("PostgreSQL no longer accepts its text: ") +
                                error.what());
    }
}

void make_view(DeploymentState& deployment, const StoredStream& stream, StoredStatement& stored,
               Deployed& done) {
    auto& view = std::get<sql::ViewStatement>(stored.statement.body);
    if (view.name.schema.empty()) view.name.schema = deployment.schema;
    stored.state_table = state_table_name(stored.statement.name, stored.id);
    const auto columns = check_view(deployment.transaction, deployment.files, stored.statement);
    settle_names(deployment.transaction, deployment.files, stored, deployment.declared_streams());
    done.warnings = create_view(deployment.transaction, deployment.files, stream, stored, columns,
                                deployment.views_of(stream));
}

}  // namespace

void deploy_continuous(DeploymentState& deployment, const Change& change, Deployed& done) {
    const StoredStream& stream = stream_of(deployment, change.statement);
    StoredStatement stored{{0, stream.id, "", deployment.search_path, false, {}}, change.statement};
    if (change.kind == ChangeKind::unchanged) {
        const catalogue::AppliedStatement* applied =
            deployment.catalogue_rows.statement(change.statement.name);
        stored.id = applied->id;
        stored.state_table = applied->state_table;
        stored.search_path = applied->search_path;
        require_there(deployment, *applied, change.statement);
        take_stored(deployment, stream, *applied, stored, done);
        if (deployment.dropped.views.contains(applied->id)) restore_view(deployment, stored, done);
        deployment.alteration.unchanged(stream, stored);
    } else if (change.kind == ChangeKind::change) {
        change_continuous(deployment, stream, stored, done);
    } else {
        stored.id = catalogue::next_statement_id(deployment.transaction);
        std::holds_alternative<sql::ViewStatement>(stored.statement.body)
            ? make_view(deployment, stream, stored, done)
            : define_rows(deployment, stream, stored, done);
        catalogue::record_statement(deployment.transaction, stored, stream);
    }
    deployment.report.continuous.push_back(std::move(stored));
}

}  // namespace tidewheel::apply
