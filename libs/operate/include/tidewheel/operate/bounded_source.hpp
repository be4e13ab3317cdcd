#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "tidewheel/engine/record.hpp"

namespace tidewheel::operate {

// A partition that ends, for its reader, at a given offset, until that is moved on. Read by one
// thread; extended by another.
class BoundedSource final : public engine::RecordSource {
  public:
    explicit BoundedSource(std::unique_ptr<engine::RecordSource> source);

    void extend(std::int64_t end);  // exclusive

    std::optional<engine::Record> next(int wait) override;
    std::int64_t end_offset() const override;
    std::int64_t position() const override;
    engine::TopicPartition log() const override { return source_->log(); }
    engine::LogState ask_log() override { return source_->ask_log(); }
    std::optional<std::int64_t> first_at(std::int64_t time) override {
        return source_->first_at(time);
    }

  private:
    bool may_pass(std::int64_t offset, int wait);

    std::unique_ptr<engine::RecordSource> source_;
    std::optional<engine::Record> held_;  // read already, but not before the end
    mutable std::mutex mutex_;            // guards what follows
    std::condition_variable extended_;
    std::int64_t end_ = 0;
};

}  // namespace tidewheel::operate
