#pragma once
#include <vector>

#include "tidewheel/postgres/catalogue.hpp"
#include "tidewheel/postgres/pushdown.hpp"

namespace tidewheel::postgres {

// What the lanes of one stream run: made once from the catalogue, shared by them, never changed.
struct StreamPlan {
    StoredStream stream;
    engine::Schema schema;  // with `needed` set for these statements
    struct RowTask {
        StoredStatement statement;
        RowScript script;
    };
    std::vector<RowTask> rows;  // in the order in which they were applied
    std::vector<StoredStatement> views;

    std::vector<int> statements_reading(int partition) const;  // their ids
    std::string search_path() const;                           // of the first statement
};

// Workers run the one kind, aggregators the other.
enum class StatementKind { rows, view };

// The plans of all streams that have statements of this sort. Throws Error (refused) when a
// statement's table is gone.
std::vector<StreamPlan> plan_streams(Connection& connection, const Catalogue& catalogue,
                                     StatementKind kind);

}  // namespace tidewheel::postgres
