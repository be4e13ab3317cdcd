#include "stored_rows.hpp"

#include "row_places.hpp"

namespace tidewheel::executor {

engine::RowProgram compile_rows(const StreamPlan& plan, const StreamPlan::RowTask& task) {
    return std::get<engine::RowProgram>(
        engine::RowProgram::compile(plan.schema, *task.native.query));
}

void require_state(BatchSession& session, const NativeInsert& native) {
    const postgres::BinaryCommand commands[] = {{native.lock, {}}, {native.state_query, {}}};
    if (session.run(commands).back().at(0).text(0) != native.state) throw Declined();
}

std::size_t send_arrays(BatchSession& session, const std::string& insert,
                        const engine::SelectedRows& rows, engine::RowSpan span,
                        const engine::Batch* batch) {
    ArrayParameters arrays(session.encoder());
    if (batch)
        add_places(arrays, batch, span.size(),
                   [&](std::size_t row) { return rows.in_batch(span.first + row); });
    for (std::size_t column = 0; column < rows.width(); ++column) {
        postgres::begin_array(arrays.encoder(), rows.at(span.first, column).vector.kind(),
                              span.size());
        for (std::size_t row = span.first; row < span.last; ++row) {
            const auto [vector, place] = rows.at(row, column);
            postgres::encode(arrays.encoder(), vector, place);
        }
        arrays.end_array();
    }
    return session.run(insert, arrays.all()).affected;
}

}  // namespace tidewheel::executor
