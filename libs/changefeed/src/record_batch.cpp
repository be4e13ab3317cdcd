#include "record_batch.hpp"

#include <chrono>

#include "tidewheel/core/failpoint.hpp"

namespace tidewheel::changefeed {
namespace {

constexpr double microseconds_per_second = 1e6;
constexpr int by_the_key = -1;

std::int64_t microseconds_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

// What has no key goes to the first partition, so that it has an order.
void RecordBatch::send(std::optional<std::string_view> key, std::optional<std::string_view> value) {
    if (records_ == 0) writer_.begin();
    writer_.send(topic_, {key ? by_the_key : 0, key, value, {}});
    ++records_;
    bytes_ += (key ? key->size() : 0) + (value ? value->size() : 0);
}

void RecordBatch::commit(const Position& position) {
    if (records_ == 0) writer_.begin();
    failpoint("before_commit");
    writer_.commit({static_cast<std::int64_t>(position.commit), position.text()});
    failpoint("after_commit");
    metrics_.records.add(static_cast<double>(records_));
    const std::int64_t now = microseconds_now();
    for (const std::int64_t each : committed_at_)
        metrics_.seconds.observe(static_cast<double>(now - each) / microseconds_per_second);
    committed_at_.clear();
    records_ = bytes_ = 0;
}

}  // namespace tidewheel::changefeed
