#include "native_rows.hpp"

#include <algorithm>

#include "stored_rows.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::executor {
namespace {

constexpr int most_batches_to_insert = 64;

}  // namespace

NativeRows::NativeRows(const StreamPlan& plan, const StreamPlan::RowTask& task)
    : columns_(plan.schema.columns.size()),
      task_(task),
      keeps_places_(std::get<sql::RowStatement>(task.statement.statement.body).keeps_places),
      program_(compile_rows(plan, task)),
      scratch_(program_.make_scratch()) {}

std::vector<bool> NativeRows::needs() const {
    return std::vector<bool>(columns_, false);
}

std::vector<std::size_t> NativeRows::run(BatchSession& session, const BatchRange& range) {
    const engine::SelectedRows* rows = program_.run(range.batch, range.accepted, *scratch_);
    if (!rows) throw Declined();
    if (rows->size() == 0) return {0};
    if (rows->size() >= many_rows && inserted_ >= to_insert_)
        return {copy(session, *rows, range.batch)};
    ++inserted_;
    return {send_arrays(session, task_.native.insert, *rows, rows->all(),
                        keeps_places_ ? &range.batch : nullptr)};
}

std::size_t NativeRows::copy(BatchSession& session, const engine::SelectedRows& rows,
                             const engine::Batch& batch) {
    require_state(session, task_.native);
    try {
        const std::size_t stored = send(session, rows, batch);
        to_insert_ = 0;
        return stored;
    } catch (const postgres::DatabaseError& error) {
        if (error.sqlstate() != postgres::sqlstate::unique_violation ||
            !task_.native.passes_over_conflicts)
            throw;
        to_insert_ = std::clamp(2 * to_insert_, 1, most_batches_to_insert);
        inserted_ = 0;
        throw RunAgain();
    }
}

std::size_t NativeRows::send(BatchSession& session, const engine::SelectedRows& rows,
                             const engine::Batch& batch) const {
    postgres::CopyEncoder& encoder = session.encoder();
    const std::size_t width = rows.width(), places = keeps_places_ ? 2 : 0;
    encoder.begin();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        encoder.row(static_cast<std::int16_t>(width + places));
        if (keeps_places_) {
            const engine::Record& record = batch.record_of(rows.in_batch(row));
            encoder.int32(record.partition);
            encoder.int64(record.offset);
        }
        for (std::size_t column = 0; column < width; ++column) {
            const auto [vector, place] = rows.at(row, column);
            postgres::encode(encoder, vector, place);
        }
    }
    encoder.finish();
    return session.copy(task_.native.copy, encoder.payload());
}

void NativeRows::rehearse(BatchSession& session) {
    session.run(rehearsal_of(task_.script));
}

}  // namespace tidewheel::executor
