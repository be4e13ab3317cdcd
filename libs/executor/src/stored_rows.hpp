#pragma once
#include <cstddef>
#include <string>

#include "tidewheel/engine/row_program.hpp"
#include "tidewheel/executor/statement_executor.hpp"

// Rows that the engine has selected, on their way into a table.
namespace tidewheel::executor {

// Fewer are stored sooner in one round trip, without asking whether the table is as it was.
inline constexpr std::size_t many_rows = 256;

engine::RowProgram compile_rows(const StreamPlan& plan, const StreamPlan::RowTask& task);

// Throws Declined where the catalogue says something else of the table than when the plan was made.
// The lock is that of every INSERT.
void require_state(BatchSession& session, const NativeInsert& native);

// Runs an array_insert() of these rows, or an array_trial(). Returns how many rows it wrote. `batch`:
// the one that they are of, where the places of their records go before the rest.
std::size_t send_arrays(BatchSession& session, const std::string& insert,
                        const engine::SelectedRows& rows, engine::RowSpan span,
                        const engine::Batch* batch = nullptr);

}  // namespace tidewheel::executor
