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
        engine::Batch batch(plan_.schema);
        for (const std::string& value : values) {
            engine::Record record;
            record.value = value;
            record.timestamp = time;
            batch.add(std::move(record),
                      [&](const auto& each, auto& into) { return decoder_->decode(each, into); });
        }
        session_.run("BEGIN");
        try {
            executor_.run(session_, batch, plan_.statements(), executor::Pace::native);
        } catch (...) {
            session_.run("ROLLBACK");
            throw;
        }
        session_.run("COMMIT");
    }
    executor::BatchExecutor& executor() { return executor_; }

  private:
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
