#include <algorithm>

#include "native_rows.hpp"
#include "native_upserts.hpp"
#include "native_views.hpp"
#include "row_places.hpp"
#include "tidewheel/executor/statement_error.hpp"
#include "tidewheel/executor/statement_executor.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

// The executors of a plan, and those of them that leave all work to PostgreSQL.
namespace tidewheel::executor {
namespace {

bool takes_part(const std::vector<int>& statements, const catalogue::StoredStatement& statement) {
    return std::count(statements.begin(), statements.end(), statement.id) > 0;
}

// One continuous INSERT or MERGE.
class PushdownRows final : public StatementExecutor {
  public:
    PushdownRows(const StreamPlan::RowTask& task, Together together)
        : task_(task), is_alone_(together == Together::must_not) {}

    std::vector<const catalogue::StoredStatement*> statements() const override {
        return {&task_.statement};
    }
    std::string setup() const override { return setup_of(task_.script); }
    std::vector<bool> needs() const override { return task_.columns; }
    std::vector<std::size_t> run(BatchSession& session, const BatchRange& range) override {
        return {std::visit([&](const auto& script) { return insert(session, script, range); },
                           task_.script)};
    }
    void rehearse(BatchSession& session) override {
        const auto* rounds = std::get_if<InsertRounds>(&task_.script);
        if (rounds && is_alone_ && !rounds->lock.empty()) session.run(rounds->lock);
        session.run(rehearsal_of(task_.script));
    }

  private:
    static std::size_t insert(BatchSession& session, const DirectInsert& script,
                              const BatchRange& range) {
        if (script.rehearsal.empty()) return session.run(script.insert).affected;
        ArrayParameters places(session.encoder());
        add_places(places, &range.batch);
        return session.run(script.insert, places.all()).affected;
    }
    std::size_t insert(BatchSession& session, const InsertRounds& script, const BatchRange&) const {
        if (is_alone_ && !script.lock.empty()) session.run(script.lock);
        if (session.run(script.collect).affected == 0) return 0;
        std::size_t written = 0;
        const long last = session.run(script.last_round).at(0).integer(0);
        for (long round = 0; round <= last; ++round)
            written += session.run(script.insert(round)).affected;
        session.run(script.discard);
        return written;
    }

    const StreamPlan::RowTask& task_;
    bool is_alone_;
};

// Views that share a pass over the batch.
class PushdownViews final : public StatementExecutor {
  public:
    PushdownViews(const StreamPlan& plan, StreamPlan::ViewPass pass)
        : plan_(plan), pass_(std::move(pass)) {}

    std::vector<const catalogue::StoredStatement*> statements() const override {
        std::vector<const catalogue::StoredStatement*> views;
        for (const std::size_t view : pass_.views)
            views.push_back(&plan_.views[view].statement);
        return views;
    }
    std::vector<bool> needs() const override {
        std::vector<bool> columns(plan_.schema.columns.size(), false);
        for (const std::size_t view : pass_.views)
            for (std::size_t i = 0; i < columns.size(); ++i)
                columns[i] = columns[i] || plan_.views[view].columns[i];
        return columns;
    }
    std::vector<std::size_t> run(BatchSession& session, const BatchRange& range) override {
        const postgres::Row counts = merge(session);
        if (counts.integer(pass_.views.size()) != 0)
            throw SharedPassError(plan_.stream.stream.topic);
        keep(session, &range.batch);
        std::vector<std::size_t> rows;
        for (std::size_t i = 0; i < pass_.views.size(); ++i)
            rows.push_back(static_cast<std::size_t>(counts.integer(i)));
        return rows;
    }
    void rehearse(BatchSession& session) override {
        session.run(pass_.script);
        keep(session, nullptr);
    }

  private:
    // nullptr: of no record.
    void keep(BatchSession& session, const engine::Batch* batch) const {
        for (const std::size_t view : pass_.views) {
            if (plan_.views[view].kept.empty()) continue;
            ArrayParameters places(session.encoder());
            add_places(places, batch);
            session.run(plan_.views[view].kept, places.all());
        }
    }

    postgres::Row merge(BatchSession& session) const {
        try {
            return session.run(pass_.script).at(0);
        } catch (const postgres::DatabaseError& error) {
            if (error.sqlstate() != postgres::sqlstate::program_limit_exceeded)
                throw;  // of the keys' index
            throw postgres::DatabaseError(
                std::string(error.what()) +
                    "; a view's group keys must be shorter than about 2,700 bytes: group by a "
                    "digest such as sha256() instead",
                error.sqlstate());
        }
    }

    const StreamPlan& plan_;
    StreamPlan::ViewPass pass_;
};

std::vector<StreamPlan::ViewPass> passes_of(const StreamPlan& plan,
                                            const std::vector<std::size_t>& views,
                                            Together together) {
    if (together == Together::may)
        return views.size() == plan.views.size() ? plan.passes : passes_over(plan.views, views);
    std::vector<StreamPlan::ViewPass> passes;
    for (const std::size_t view : views)
        passes.push_back({{view}, plan.views[view].script});
    return passes;
}

}  // namespace

namespace {

std::unique_ptr<StatementExecutor> make_executor(const StreamPlan& plan,
                                                 const StreamPlan::RowTask& task, Together together,
                                                 bool native) {
    if (!native || !task.native.query) return std::make_unique<PushdownRows>(task, together);
    if (task.native.copy.empty()) return std::make_unique<NativeUpserts>(plan, task);
    return std::make_unique<NativeRows>(plan, task);
}

// native: where the plan has a native form.
StatementExecutors make_executors(const StreamPlan& plan, const std::vector<int>& statements,
                                  Together together, bool native) {
    StatementExecutors executors;
    for (const StreamPlan::RowTask& task : plan.rows)
        if (takes_part(statements, task.statement))
            executors.push_back(make_executor(plan, task, together, native));
    std::vector<std::size_t> ours, in_postgres;
    for (std::size_t i = 0; i < plan.views.size(); ++i)
        if (takes_part(statements, plan.views[i].statement))
            (native && plan.views[i].native.query ? ours : in_postgres).push_back(i);
    for (const StreamPlan::ViewPass& pass : passes_of(plan, ours, together))
        executors.push_back(std::make_unique<NativeViews>(plan, pass));
    for (StreamPlan::ViewPass& pass : passes_of(plan, in_postgres, together))
        executors.push_back(std::make_unique<PushdownViews>(plan, std::move(pass)));
    return executors;
}

}  // namespace

StatementExecutors pushdown_executors(const StreamPlan& plan, const std::vector<int>& statements,
                                      Together together) {
    return make_executors(plan, statements, together, false);
}

StatementExecutors native_executors(const StreamPlan& plan, const std::vector<int>& statements,
                                    Together together) {
    return make_executors(plan, statements, together, true);
}

}  // namespace tidewheel::executor
