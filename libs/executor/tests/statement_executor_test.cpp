#include "tidewheel/executor/statement_executor.hpp"

#include <set>

#include "batch_run.hpp"
#include "statement_run.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::executor;

namespace {

using Log = std::vector<std::string>;

// Notes what it is sent.
class FakeSession final : public BatchSession {
  public:
    explicit FakeSession(Log& log) : log_(log) {}
    postgres::Rows run(const std::string& sql) override {
        log_.push_back(sql);
        return {};
    }
    std::vector<postgres::Rows> run(std::span<const postgres::BinaryCommand> commands) override {
        for (const postgres::BinaryCommand& each : commands)
            log_.push_back(each.sql);
        return std::vector<postgres::Rows>(commands.size());
    }
    std::size_t copy(const std::string&, std::string_view) override { return 0; }
    postgres::CopyEncoder& encoder() override { return encoder_; }

  private:
    Log& log_;
    postgres::CopyEncoder encoder_;
};

// An executor that sends PostgreSQL nothing: it stores each row that isn't bad.
class FakeExecutor final : public StatementExecutor {
  public:
    FakeExecutor(Log& log, catalogue::StoredStatement statement, std::set<std::size_t> bad = {})
        : log_(log), statement_(std::move(statement)), bad_(std::move(bad)) {}

    std::vector<const catalogue::StoredStatement*> statements() const override {
        return {&statement_};
    }
    std::vector<bool> needs() const override { return {false}; }
    std::vector<std::size_t> run(BatchSession&, const BatchRange& range) override {
        log_.push_back(statement_.statement.name + " [" + std::to_string(range.first) + ", " +
                       std::to_string(range.last) + ")");
        for (const std::size_t row : bad_)
            if (row >= range.first && row < range.last)
                throw postgres::DatabaseError("row " + std::to_string(row) + " is bad", "23514");
        return {range.last - range.first};
    }
    void rehearse(BatchSession&) override {
        log_.push_back(statement_.statement.name + " over no row");
        if (broken) throw postgres::DatabaseError("its table is gone", "42P01");
    }

    bool broken = false;

  private:
    Log& log_;
    catalogue::StoredStatement statement_;
    std::set<std::size_t> bad_;
};

catalogue::StoredStatement statement(int id, const std::string& name, bool is_view = false) {
    catalogue::StoredStatement stored;
    stored.id = id;
    stored.statement.name = name;
    stored.search_path = "public";
    if (is_view)
        stored.statement.body = sql::ViewStatement{};
    else
        stored.statement.body = sql::RowStatement{};
    return stored;
}

engine::Schema one_column() {
    engine::Schema schema;
    engine::Column n;
    n.name = "n";
    n.path = {"n"};
    schema.columns.push_back(std::move(n));
    schema.needed = {true};
    return schema;
}

struct Bench {
    Bench() {
        plan.stream.stream.topic = "t";
        plan.rows.push_back({statement(1, "rows"), DirectInsert{}, {}, {true}});
        for (std::int64_t offset = 0; offset < 4; ++offset) {
            engine::Record record;
            record.offset = offset;
            batch.add(std::move(record), [](const auto&, auto&) { return std::nullopt; });
        }
    }

    void run(Pace pace) {
        BatchRun run{session, plan, batch, statements, pace, Unjudged::wait, waiting, result};
        run_statements(run, executors);
    }
    void add(std::unique_ptr<FakeExecutor> executor) { executors.push_back(std::move(executor)); }

    // What happened between the savepoints.
    Log calls() const {
        Log calls;
        for (const std::string& each : log)
            if (each.find("SAVEPOINT") == std::string::npos &&
                each.find("ROLLBACK TO") == std::string::npos && !each.starts_with("SET"))
                calls.push_back(each);
        return calls;
    }

    Log log;
    FakeSession session{log};
    engine::Schema schema = one_column();
    StreamPlan plan;
    engine::Batch batch{schema};
    std::vector<int> statements{1, 2};
    std::vector<catalogue::Waiting> waiting;
    BatchResult result;
    StatementExecutors executors;
};

using Written = std::vector<std::pair<int, std::size_t>>;

}  // namespace

TEST_CASE("at full pace every executor runs once over the whole batch, and nothing else does") {
    Bench bench;
    bench.add(std::make_unique<FakeExecutor>(bench.log, statement(1, "rows")));
    bench.add(std::make_unique<FakeExecutor>(bench.log, statement(2, "view", true)));
    bench.run(Pace::full);
    CHECK(bench.log == Log{"rows [0, 4)", "view [0, 4)"});
    CHECK(bench.result.rows_written == Written{{1, 4}, {2, 4}});
}

TEST_CASE("a search path of the statement's own is in force while its executor runs") {
    Bench bench;
    catalogue::StoredStatement elsewhere = statement(2, "elsewhere");
    elsewhere.search_path = "other";
    bench.add(std::make_unique<FakeExecutor>(bench.log, elsewhere));
    bench.run(Pace::full);
    CHECK(bench.log == Log{"SET LOCAL search_path = other", "elsewhere [0, 4)"});
}

TEST_CASE("carefully, an executor rehearses, and ranges are halved around the row it refuses") {
    Bench bench;
    bench.add(
        std::make_unique<FakeExecutor>(bench.log, statement(1, "rows"), std::set<std::size_t>{2}));
    bench.run(Pace::careful);
    CHECK(bench.calls() == Log{"rows over no row", "rows [0, 4)", "rows [0, 2)", "rows [2, 4)",
                               "rows [2, 3)", "rows [3, 4)"});
    CHECK(bench.result.rows_written == Written{{1, 3}});
    REQUIRE(bench.result.dead_letters.parked().size() == 1);
    CHECK(bench.result.dead_letters.parked().front().record->offset == 2);
    CHECK(bench.result.dead_letters.parked().front().statement == 1);
    CHECK(bench.result.dead_letters.parked().front().reject.detail == "row 2 is bad");
}

TEST_CASE("what an executor refuses is no business of the one behind it") {
    Bench bench;
    bench.add(std::make_unique<FakeExecutor>(bench.log, statement(1, "rows"),
                                             std::set<std::size_t>{0, 3}));
    bench.add(std::make_unique<FakeExecutor>(bench.log, statement(2, "view", true)));
    bench.run(Pace::careful);
    CHECK(bench.result.rows_written == Written{{1, 2}, {2, 4}});
    CHECK(bench.result.dead_letters.parked().size() == 2);
}

TEST_CASE("an executor that fails over no row stops its statement, and no row is parked") {
    Bench bench;
    auto executor = std::make_unique<FakeExecutor>(bench.log, statement(1, "rows"));
    executor->broken = true;
    bench.add(std::move(executor));
    CHECK_THROWS_AS(bench.run(Pace::careful), StatementError);
    CHECK(bench.calls() == Log{"rows over no row"});
    CHECK(bench.result.dead_letters.parked().empty());
}
