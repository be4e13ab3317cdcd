#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "tidewheel/engine/record.hpp"

namespace tidewheel::cli {

// A partition that ends, for its reader, where somebody else says, until they say further on. Read
// by one thread; extended by another.
class BoundedSource final : public engine::RecordSource {
  public:
    explicit BoundedSource(std::unique_ptr<engine::RecordSource> source);

    void extend(std::int64_t end);  // exclusive

    std::optional<engine::Record> next(int wait) override;
    std::int64_t end_offset() const override;
    std::int64_t position() const override;

  private:
    bool may_pass(std::int64_t offset, int wait);

    std::unique_ptr<engine::RecordSource> source_;
    std::optional<engine::Record> held_;  // read already, but not before the end
    mutable std::mutex mutex_;            // guards what follows
    std::condition_variable extended_;
    std::int64_t end_ = 0;
};

}  // namespace tidewheel::cli
