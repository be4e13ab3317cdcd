#include "tidewheel/operate/bounded_source.hpp"

#include <utility>

namespace tidewheel::operate {

BoundedSource::BoundedSource(std::unique_ptr<engine::RecordSource> source)
    : source_(std::move(source)) {}

void BoundedSource::extend(std::int64_t end) {
    std::lock_guard lock(mutex_);
    end_ = end;
    extended_.notify_all();
}

std::optional<engine::Record> BoundedSource::next(int wait) {
    if (!held_) held_ = source_->next(wait);
    if (!held_ || !may_pass(held_->offset, wait)) return std::nullopt;
    return std::exchange(held_, {});
}

bool BoundedSource::may_pass(std::int64_t offset, int wait) {
    std::unique_lock lock(mutex_);
    return extended_.wait_for(lock, std::chrono::milliseconds(wait), [&] { return offset < end_; });
}

std::int64_t BoundedSource::end_offset() const {
    std::lock_guard lock(mutex_);
    return end_;
}

std::int64_t BoundedSource::position() const {
    return held_ ? held_->offset : source_->position();
}

}  // namespace tidewheel::operate
