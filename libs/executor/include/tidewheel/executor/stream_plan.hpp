#pragma once
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/engine/grouping.hpp"
#include "tidewheel/engine/row_program.hpp"
#include "tidewheel/executor/row_script.hpp"
#include "tidewheel/executor/stage.hpp"

namespace tidewheel::executor {

// What a reason begins with where the engine computes something else than this PostgreSQL.
inline constexpr std::string_view self_check_differed = "the self-check differed";

// What the engine computes itself. Where it can't, `reason` says why it is PostgreSQL's.
struct NativeRules {
    std::optional<std::vector<engine::Expression>> checks;  // as StoredStream::checks
    std::string reason;
    bool operator==(const NativeRules&) const = default;
};
// How rows that the engine has selected are stored.
struct NativeInsert {
    std::optional<engine::RowQuery> query;
    std::string insert;  // array_insert()
    std::string copy;    // copy_into(); empty: with DO UPDATE
    // With engine::Repeats::last_first: judge what is overwritten at once. Empty: need not be done.
    std::string trial, discard;
    // COPY does the same as the INSERT as long as the answer to the query, under the lock, is
    // `state`; and where a key is there already that ON CONFLICT DO NOTHING would pass over, COPY
    // refuses all rows.
    std::string lock, state_query, state;
    bool passes_over_conflicts = false;
    std::string reason;
    bool operator==(const NativeInsert&) const = default;
};
struct NativeView {
    std::optional<engine::GroupQuery> query;  // of one grouping
    std::string upsert;                       // view_upsert()
    std::string reason;
    bool operator==(const NativeView&) const = default;
};

// What the lanes of one stream run: made once from the catalogue, shared by them, never changed. It
// holds all SQL that a batch is run by. A lane whose plan is equal to that of a newer catalogue
// keeps running it, so whatever changes what a lane does must make a difference here.
struct StreamPlan {
    catalogue::StoredStream stream;
    engine::Schema schema;  // with `needed` set for these statements and the stream's rules
    StageScript stage;
    std::vector<bool> rule_columns;  // that the stream's rules read
    NativeRules native_rules;

    struct RowTask {
        catalogue::StoredStatement statement;
        RowScript script;
        InsertTarget target;
        std::vector<bool> columns = {};  // that it reads
        NativeInsert native = {};
        bool operator==(const RowTask&) const = default;
    };
    struct ViewTask {
        catalogue::StoredStatement statement;
        std::string script;  // of this view alone
        std::vector<bool> columns;
        NativeView native = {};
        std::string kept = {};  // kept_script()
        bool operator==(const ViewTask&) const = default;
    };
    // Views that can share a pass over the batch.
    struct ViewPass {
        std::vector<std::size_t> views;  // indexes into StreamPlan::views
        std::string script;
        bool operator==(const ViewPass&) const = default;
    };
    std::vector<RowTask> rows;  // in the order in which they were applied
    std::vector<ViewTask> views;
    std::vector<ViewPass> passes;  // over all the views

    bool has_native() const;
    std::vector<int> statements() const;  // their ids, rows before views
    std::vector<int> statements_reading(int partition) const;
    std::string search_path() const;                  // of the first statement
    const std::string& name_of(int statement) const;  // one of these
    bool operator==(const StreamPlan&) const = default;
};

// Passes over these of the plan's views.
std::vector<StreamPlan::ViewPass> passes_over(const std::vector<StreamPlan::ViewTask>& all,
                                              const std::vector<std::size_t>& views);

// Whether the statement has to read a partition of the stream; also one that the topic has gained
// since the stream was declared.
bool reads(const catalogue::StoredStatement& statement, const catalogue::StoredStream& stream,
           int partition);

// Workers run the one kind, aggregators the other; `tidewheel run` runs all.
enum class StatementKind { rows, view, all };
bool is_of(const catalogue::StoredStatement& statement, StatementKind kind);

// A statement that PostgreSQL refuses to run at present: its table is gone, a permission is
// missing.
// Services quarantine it.
struct QuarantinedStatement {
    std::string name, reason, hint;
    std::string sqlstate = {};  // empty: PostgreSQL was not asked
    bool operator==(const QuarantinedStatement&) const = default;
};

struct StreamPlans {
    std::vector<StreamPlan> streams;  // those with a statement that can be run
    std::vector<QuarantinedStatement> quarantined;
};

// Where statements run: in the engine as far as it can, or all of it in PostgreSQL.
enum class Execution { native, pushdown };

// The plans of all statements of this kind. Each is tried over no record; one that PostgreSQL
// refuses is left out, and the others run without it. Its progress stays unchanged. A paused one
// isn't tried.
StreamPlans plan_streams(postgres::Connection& connection, const catalogue::Catalogue& catalogue,
                         StatementKind kind, Execution execution);

// Why rules and statements are left to PostgreSQL; empty: with Execution::native, services compute
// them. Those that PostgreSQL refuses to run are not in it.
struct Executions {
    std::map<int, std::string> rules;       // by stream
    std::map<int, std::string> statements;  // by statement
};
Executions executions_of(postgres::Transaction& transaction, const catalogue::Catalogue& catalogue);

// The plan of all statements of one stream, of both kinds, for records that they missed. Paused
// ones are named with those in quarantine, with that reason. No stream in it: none can be run. It
// runs in PostgreSQL.
StreamPlans plan_stream(postgres::Connection& connection, const catalogue::Catalogue& catalogue,
                        int stream);

}  // namespace tidewheel::executor
