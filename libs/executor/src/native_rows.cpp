#include "native_rows.hpp"

#include <algorithm>

#include "array_parameters.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::executor {
namespace {

// Fewer are stored sooner in one round trip, without asking whether the table is as it was.
constexpr std::size_t least_rows_to_copy = 256;
constexpr int most_batches_to_insert = 64;

engine::RowProgram compile(const StreamPlan& plan, const StreamPlan::RowTask& task) {
    return std::get<engine::RowProgram>(
        engine::RowProgram::compile(plan.schema, *task.native.query));
}

}  // namespace

NativeRows::NativeRows(const StreamPlan& plan, const StreamPlan::RowTask& task)
    : columns_(plan.schema.columns.size()),
      task_(task),
      program_(compile(plan, task)),
      scratch_(program_.make_scratch()) {}

std::vector<bool> NativeRows::needs() const {
    return std::vector<bool>(columns_, false);
}

std::vector<std::size_t> NativeRows::run(BatchSession& session, const BatchRange& range) {
    const engine::SelectedRows* rows = program_.run(range.batch, range.accepted, *scratch_);
    if (!rows) throw Declined();
    if (rows->size() == 0) return {0};
    if (rows->size() >= least_rows_to_copy && inserted_ >= to_insert_)
        return {copy(session, *rows)};
    ++inserted_;
    return {insert(session, *rows)};
}

std::size_t NativeRows::copy(BatchSession& session, const engine::SelectedRows& rows) {
    require_state(session);
    try {
        const std::size_t stored = send(session, rows);
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

// The lock is that of every INSERT.
void NativeRows::require_state(BatchSession& session) const {
    const postgres::BinaryCommand commands[] = {{task_.native.lock, {}},
                                                {task_.native.state_query, {}}};
    if (session.run(commands).back().at(0).text(0) != task_.native.state) throw Declined();
}

std::size_t NativeRows::send(BatchSession& session, const engine::SelectedRows& rows) const {
    postgres::CopyEncoder& encoder = session.encoder();
    const std::size_t width = rows.width();
    encoder.begin();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        encoder.row(static_cast<std::int16_t>(width));
        for (std::size_t column = 0; column < width; ++column) {
            const auto [vector, place] = rows.at(row, column);
            postgres::encode(encoder, vector, place);
        }
    }
    encoder.finish();
    return session.copy(task_.native.copy, encoder.payload());
}

std::size_t NativeRows::insert(BatchSession& session, const engine::SelectedRows& rows) {
    ArrayParameters arrays(session.encoder());
    for (std::size_t column = 0; column < rows.width(); ++column) {
        postgres::begin_array(arrays.encoder(), rows.at(0, column).vector.kind(), rows.size());
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const auto [vector, place] = rows.at(row, column);
            postgres::encode(arrays.encoder(), vector, place);
        }
        arrays.end_array();
    }
    return session.run(task_.native.insert, arrays.all()).affected;
}

void NativeRows::rehearse(BatchSession& session) {
    session.run(rehearsal_of(task_.script));
}

}  // namespace tidewheel::executor
