#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "applied.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/executor/batch_executor.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// The statements of an applied pipeline with one stream, and batches of records through them at
// native pace alone, so that nothing can pass by being left to PostgreSQL.
class NativeBatches {
  public:
    NativeBatches(const Deployment& deployment, executor::StatementKind kind)
        : connection_(deployment.url()),
          plan_(executor::plan_streams(connection_, catalogue::load_catalogue(connection_), kind,
                                       executor::Execution::native)
                    .streams.at(0)),
          executor_(plan_),
          session_(deployment.url(), "native batches"),
          decoder_(codec::make_json_decoder(plan_.schema)) {
        executor_.open(session_);
    }

    const executor::StreamPlan& plan() const { return plan_; }
    const executor::NativeView& view(const std::string& name) const {
        return named(plan_.views, name).native;
    }
    const executor::NativeInsert& rows(const std::string& name) const {
        return named(plan_.rows, name).native;
    }

    // Throws what PostgreSQL says, and what the executor does; then nothing is stored.
    void run(const std::vector<std::string>& values, std::int64_t time = new_year_2026) {
        run(values, time, executor::Pace::native, "COMMIT", [] {});
    }
    // What a batch leads to, and what a query says of it then. The batch is stored, or undone.
    struct Outcome {
        std::size_t rows_written = 0;           // by the first statement
        std::vector<std::string> dead_letters;  // which records, and why
        std::string answer;
        bool operator==(const Outcome&) const = default;
    };
    Outcome outcome(const std::vector<std::string>& values, executor::Pace pace,
                    const std::string& query, const std::string& end) {
        Outcome outcome;
        run(values, new_year_2026, pace, end, [&] {
            outcome.rows_written = executor_.rows_written().at(0).second;
            for (const auto& parked : executor_.dead_letters().parked())
                outcome.dead_letters.push_back(std::to_string(parked.record->offset) + " " +
                                               parked.reject.detail);
            outcome.answer = session_.run(query).at(0).text_or(0, "");
        });
        return outcome;
    }
    executor::BatchExecutor& executor() { return executor_; }

  private:
    template <class Ran>
    void run(const std::vector<std::string>& values, std::int64_t time, executor::Pace pace,
             const std::string& end, Ran&& ran) {
        engine::Batch batch(plan_.schema);
        for (const std::string& value : values) {
            engine::Record record;
            record.value = value;
            record.offset = static_cast<std::int64_t>(batch.records().size());
            record.timestamp = time;
            batch.add(std::move(record),
                      [&](const auto& each, auto& into) { return decoder_->decode(each, into); });
        }
        session_.run("BEGIN");
        try {
            executor_.run(session_, batch, plan_.statements(), pace);
            ran();
        } catch (...) {
            session_.run("ROLLBACK");
            throw;
        }
        session_.run(end);
    }

    template <class Task>
    static const Task& named(const std::vector<Task>& tasks, const std::string& name) {
        for (const Task& task : tasks)
            if (task.statement.statement.name == name) return task;
        throw std::logic_error("no statement " + name);
    }

    postgres::Connection connection_;
    executor::StreamPlan plan_;
    executor::BatchExecutor executor_;
    postgres::Session session_;
    std::unique_ptr<engine::Decoder> decoder_;
};

}  // namespace tidewheel::testing
