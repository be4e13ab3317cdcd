#include "native_upserts.hpp"

#include "stored_rows.hpp"

namespace tidewheel::executor {

NativeUpserts::NativeUpserts(const StreamPlan& plan, const StreamPlan::RowTask& task)
    : columns_(plan.schema.columns.size()),
      task_(task),
      program_(compile_rows(plan, task)),
      scratch_(program_.make_scratch()) {}

std::vector<std::size_t> NativeUpserts::run(BatchSession& session, const BatchRange& range) {
    const engine::SelectedRows* rows = program_.run(range.batch, range.accepted, *scratch_);
    if (!rows) throw Declined();
    if (rows->size() == 0) return {0};
    if (rows->size() >= many_rows) require_state(session, task_.native);
    const bool replaces = task_.native.query->repeats == engine::Repeats::last_first;
    return {replaces ? replace(session, *rows) : apply_rounds(session, *rows)};
}

// The first round has the last row of each key.
std::size_t NativeUpserts::replace(BatchSession& session, const engine::SelectedRows& rows) const {
    const engine::RowSpan last = rows.round(0);
    if (last.size() < rows.size() && !task_.native.trial.empty()) {
        send_arrays(session, task_.native.trial, rows, {last.last, rows.size()});
        session.run(task_.native.discard);
    }
    return send_arrays(session, task_.native.insert, rows, last);
}

std::size_t NativeUpserts::apply_rounds(BatchSession& session,
                                        const engine::SelectedRows& rows) const {
    std::size_t written = 0;
    for (std::size_t round = 0; round < rows.rounds(); ++round)
        written += send_arrays(session, task_.native.insert, rows, rows.round(round));
    return written;
}

}  // namespace tidewheel::executor
