#include "object_step.hpp"

#include <algorithm>
#include <regex>

#include "error_location.hpp"
#include "sink_step.hpp"
#include "tidewheel/apply/view_index.hpp"

namespace tidewheel::apply {
namespace {

using catalogue::StoredStream;

// Views are plain views underneath, so COMMENT ON MATERIALIZED VIEW has to call them that.
std::string as_applied(const sql::PlainStatement& plain, const std::string& text) {
    static const std::regex comment_on_view("^(\\s*COMMENT\\s+ON)\\s+MATERIALIZED(\\s+VIEW)",
                                            std::regex::icase);
    return plain.kind == "COMMENT" ? std::regex_replace(text, comment_on_view, "$1$2") : text;
}

// Whether what was applied no longer exists and is to be created again: a view or an index, which
// hold nothing of their own; a table has lost its rows. A statement that may be about something
// that was created again is repeated.
bool restore_plain(DeploymentState& deployment, const Change& change,
                   const sql::PlainStatement& plain, Deployed& done) {
    const catalogue::AppliedObject* applied = deployment.catalogue_rows.object(change.object);
    if (plain.repeatable && change.statement.position.file == deployment.restored_in) {
        done.kind = ChangeKind::repeat;
        return true;
    }
    const auto relation = plain.relation
                              ? std::optional(qualified(*plain.relation, deployment.schema))
                              : std::nullopt;
    const bool is_gone =
        applied->view != 0
            ? !has_view_index(deployment.transaction,
                              *deployment.catalogue_rows.statement(applied->view), change.object)
            : relation && !exists(deployment.transaction, *relation);
    if (!is_gone) return false;
    if (plain.kind != "CREATE VIEW" && plain.kind != "CREATE INDEX")
        throw sql::PipelineError(
            {diagnostic_at_word(deployment.files, change.statement, plain.relation->name,
                                change.object + " was applied but no longer exists",
                                hint_to_restore_table(*relation, deployment.catalogue_rows))});
    deployment.mark_restored(done, "it had been dropped");
    return true;
}

// The index of a view that is recomputed after the commit is created with it; here it is tried.
void index_view(DeploymentState& deployment, const Change& change, const ViewDefinition& view) {
    const ViewDefinition* next = deployment.alteration.recomputation().next(view.stored.id);
    if (!next)
        return create_view_index(deployment.transaction, deployment.files, change.statement,
                                 change.object, view);
    ViewDefinition trial = *next;
    trial.stored.state_table = "tidewheel.tidewheel_trial";
    const StoredStream& stream =
        *std::find_if(deployment.report.streams.begin(), deployment.report.streams.end(),
                      [&](const StoredStream& each) { return each.id == trial.stored.stream_id; });
    in_scratch(deployment.transaction, [&] {
        create_state(deployment.transaction, stream, trial.stored);
        create_view_index(deployment.transaction, deployment.files, change.statement, change.object,
                          trial);
    });
}

}  // namespace

void deploy_object(DeploymentState& deployment, const Change& change, Deployed& done) {
    const auto& plain = std::get<sql::PlainStatement>(change.statement.body);
    if (plain.sink) return deploy_sink(deployment, change, done);
    if (change.kind == ChangeKind::unchanged && !restore_plain(deployment, change, plain, done))
        return;
    int view = 0;
    if (const auto indexed =
            plain.indexed ? indexed_view(deployment.transaction, *plain.indexed) : std::nullopt) {
        view = indexed->stored.id;
        index_view(deployment, change, *indexed);
    } else {
        const std::string text = as_applied(plain, change.statement.text);
        blame(deployment.files, change.statement, text, [&] { deployment.transaction.run(text); });
    }
    catalogue::record_object(deployment.transaction, change.object, plain.kind,
                             catalogue::origin_of(change.statement), view);
}

}  // namespace tidewheel::apply
