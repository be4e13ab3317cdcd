#include "tidewheel/engine/log_watch.hpp"

#include <algorithm>
#include <limits>

namespace tidewheel::engine {

bool LogWatch::grows(std::int64_t end) {
    if (end >= 0 && end < longest_) return false;
    longest_ = std::max(longest_, end);
    return true;
}

// nullopt: the record tells nothing.
std::optional<LogWatch::Mark> LogWatch::mark() const {
    const auto [offset, time] = newest_;
    if (time < 0 || time == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    const std::optional<std::int64_t> later = source_.first_at(time + 1);
    return Mark{time, std::min(offset + 1, later.value_or(offset + 1))};
}

bool LogWatch::is_due() const {
    return newest_.offset > marked_ && (!marked_at_ || clock_.now() - *marked_at_ >= interval);
}

// The new mark is made before the old one is compared, so that both are of the same log.
bool LogWatch::is_same() {
    const bool is_due = this->is_due();
    const std::optional<Mark> next = is_due ? mark() : std::nullopt;
    if (mark_) {
        const std::optional<std::int64_t> later = source_.first_at(mark_->time + 1);
        if (later && *later < mark_->lowest) return false;
    }
    if (next) mark_ = next;
    if (is_due) {
        marked_ = newest_.offset;
        marked_at_ = clock_.now();
    }
    return true;
}

}  // namespace tidewheel::engine
