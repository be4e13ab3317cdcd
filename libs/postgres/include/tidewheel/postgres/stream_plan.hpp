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

// Whether the statement has to read a partition of the stream; also one that the topic has gained
// since the stream was declared.
bool reads(const StoredStatement& statement, const StoredStream& stream, int partition);

// Workers run the one kind, aggregators the other.
enum class StatementKind { rows, view };

// A statement that PostgreSQL won't run as things are: its table is gone, a permission is missing.
struct StoppedStatement {
    std::string name, reason, hint;
    std::string sqlstate = {};  // empty: PostgreSQL was not asked
    bool operator==(const StoppedStatement&) const = default;
};

struct StreamPlans {
    std::vector<StreamPlan> streams;  // those with a statement that can be run
    std::vector<StoppedStatement> stopped;
};

// The plans of all statements of this sort. Each is tried over no record; one that PostgreSQL
// refuses is left out, and its neighbours go on without it. Its progress stays where it is. A
// paused one isn't tried.
StreamPlans plan_streams(Connection& connection, const Catalogue& catalogue, StatementKind kind);

// The plan of all statements of one stream, of both sorts, paused ones, too: for records that they
// missed. No stream in it: none of them can be run.
StreamPlans plan_stream(Connection& connection, const Catalogue& catalogue, int stream);

}  // namespace tidewheel::postgres
