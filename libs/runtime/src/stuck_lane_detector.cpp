#include "tidewheel/runtime/stuck_lane_detector.hpp"

#include <set>
#include <utility>

namespace tidewheel::runtime {
namespace {

// How often the broker is asked about a lane that lags and gets nothing.
constexpr int questions_in_timeout = 4;

std::string seconds(Clock::Monotonic::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

StuckLaneDetector::StuckLaneDetector(std::chrono::milliseconds timeout, ReadableEnd readable_end,
                                     IsServed is_served, const Clock& clock)
    : timeout_(timeout),
      readable_end_(std::move(readable_end)),
      is_served_(std::move(is_served)),
      clock_(clock),
      silence_(clock) {}

std::optional<std::string> StuckLaneDetector::look(const LaneStatuses& lanes) {
    silence_.look();
    std::set<LaneKey> here;
    for (const auto& [where, lane] : lanes) {
        if (lane.ended) continue;
        const LaneKey key = key_of(where, lane);
        here.insert(key);
        const std::string name = "lane " + to_text(key);
        if (const auto silent = silence_.since(lane.seen_at); silent > timeout_ && !is_served_(key))
            return name + " has not responded for " + seconds(silent);
        if (starves(key, lane))
            return name + " receives no records, although the broker has had more for " +
                   seconds(silence_.since(hungry_.at(key).since));
    }
    const auto is_gone = [&](const auto& each) { return !here.contains(each.first); };
    std::erase_if(hungry_, is_gone);
    std::erase_if(asked_at_, is_gone);
    return std::nullopt;
}

// Every answer must confirm it: one that doesn't, a commit, or an error that the lane reports
// restarts the time.
bool StuckLaneDetector::starves(const LaneKey& key, const LaneStatus& lane) {
    const auto now = clock_.now();
    const bool waits =
        lane.lag() > 0 && lane.failure.empty() && lane.waiting_since == 0 && !lane.waits;
    const auto known = hungry_.find(key);
    if (!waits || (known != hungry_.end() && known->second.position != lane.position)) {
        hungry_.erase(key);
        return false;
    }
    const auto pause = timeout_ / questions_in_timeout;
    if (now - lane.progress_at < pause) return false;
    const auto [asked_at, is_first] = asked_at_.try_emplace(key, now);
    if (!is_first && now - asked_at->second < pause) return false;
    asked_at->second = now;
    const std::optional<std::int64_t> end = readable_end_(key.where);
    if (!end || *end <= lane.position) {
        hungry_.erase(key);
        return false;
    }
    const Hunger& hunger = hungry_.try_emplace(key, Hunger{now, lane.position}).first->second;
    return silence_.since(hunger.since) > timeout_;
}

}  // namespace tidewheel::runtime
