#include "planned_recomputation.hpp"

#include <algorithm>

#include "error_location.hpp"
#include "tidewheel/apply/idempotence_check.hpp"
#include "tidewheel/apply/topic_loss.hpp"
#include "tidewheel/apply/type_check.hpp"
#include "tidewheel/apply/view_index.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::apply {

using catalogue::StoredStatement;
using catalogue::StoredStream;

Recomputation PlannedRecomputation::all() const {
    Recomputation all{views_, {rows_.begin(), rows_.end()}};
    for (ViewDefinition& definition : all.views)
        definition.basis = basis_of(transaction_, definition.stored.id);
    return all;
}

const ViewDefinition* PlannedRecomputation::next(int view) const {
    const auto found = std::find_if(
        views_.begin(), views_.end(),
        [&](const ViewDefinition& definition) { return definition.stored.id == view; });
    return found == views_.end() ? nullptr : &*found;
}

void PlannedRecomputation::require_whole_topic(const StoredStream& stream,
                                               const sql::Statement& statement) {
    if (options_.allow_truncated_topic) return;
    const std::string loss =
        topic_loss(admin_, stream.stream.topic, catalogue::partitions_read(statement, stream));
    if (loss.empty()) return;
    throw sql::PipelineError(
        {diagnostic_at(files_, statement, 0, statement.name + " can't be recomputed: " + loss,
                       "--allow-truncated-topic rebuilds it from the records still available; "
                       "without --rebuild the change applies to new records only.")});
}

// Tried now, because it is carried out after the commit.
void PlannedRecomputation::add_view(const StoredStream& stream, const ViewDefinition& definition) {
    require_whole_topic(stream, definition.stored.statement);
    ViewDefinition trial = definition;
    trial.stored.state_table = "tidewheel.tidewheel_trial";
    blame(files_, definition.stored.statement, "", [&] {
        in_scratch(transaction_, [&] {
            create_state(transaction_, stream, trial.stored);
            settle_view_indexes(transaction_, files_, trial, trial.stored.state_table);
            if (!keeps_columns(transaction_, trial))
                point_at(transaction_, trial, trial.stored.state_table);
            open_stage(transaction_, stream);
            check_passes(transaction_, files_, trial.stored.statement, {&trial.stored});
        });
    });
    views_.push_back(definition);
}

void PlannedRecomputation::add_rows(const StoredStream& stream, const StoredStatement& stored) {
    const std::string why = blame(files_, stored.statement, "",
                                  [&] { return why_not_idempotent(transaction_, stream, stored); });
    if (why.empty()) {
        rows_.insert(stored.statement.name);
        if (admin_.is_compacted(stream.stream.topic))
            notes_.push_back(stored.statement.name + " reads topic " + stream.stream.topic +
                             " again, without the records that compaction has removed");
    } else
        notes_.push_back(stored.statement.name +
                         " does not read its topic again, because rows would be stored twice: " +
                         why + ". The change applies to new records only");
}

}  // namespace tidewheel::apply
