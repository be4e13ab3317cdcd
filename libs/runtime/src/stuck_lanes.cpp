#include "tidewheel/runtime/stuck_lanes.hpp"

#include <set>
#include <utility>

namespace tidewheel::runtime {
namespace {

// How often the broker is asked about a lane that lags and gets nothing.
constexpr int questions_in_patience = 4;

std::string seconds(Clock::Monotonic::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

StuckLanes::StuckLanes(std::chrono::milliseconds patience, ReadableEnd readable_end,
                       IsServed is_served, const Clock& clock)
    : patience_(patience),
      readable_end_(std::move(readable_end)),
      is_served_(std::move(is_served)),
      clock_(clock),
      awake_(clock) {}

std::optional<std::string> StuckLanes::look(const LaneWatch::Lanes& lanes) {
    awake_.look();
    std::set<kafka::TopicPartition> here;
    for (const auto& [where, lane] : lanes) {
        if (lane.ended) continue;
        here.insert(where);
        const std::string name = "lane " + where.topic + "/" + std::to_string(where.partition);
        if (const auto silence = awake_.since(lane.seen_at);
            silence > patience_ && !is_served_(where))
            return name + " has given no sign of life for " + seconds(silence);
        if (starves(where, lane))
            return name + " gets no records, though the broker has had more for " +
                   seconds(awake_.since(hungry_.at(where).since));
    }
    const auto is_gone = [&](const auto& each) { return !here.contains(each.first); };
    std::erase_if(hungry_, is_gone);
    std::erase_if(asked_at_, is_gone);
    return std::nullopt;
}

// Every answer has to confirm it: one that doesn't, a commit, or trouble that the lane reports
// begins the time anew.
bool StuckLanes::starves(const kafka::TopicPartition& where, const LaneStatus& lane) {
    const auto now = clock_.now();
    const bool waits = lane.lag() > 0 && lane.trouble.empty() && lane.waiting_since == 0;
    const auto known = hungry_.find(where);
    if (!waits || (known != hungry_.end() && known->second.position != lane.position)) {
        hungry_.erase(where);
        return false;
    }
    const auto pause = patience_ / questions_in_patience;
    if (now - lane.progress_at < pause) return false;
    const auto [asked_at, is_first] = asked_at_.try_emplace(where, now);
    if (!is_first && now - asked_at->second < pause) return false;
    asked_at->second = now;
    const std::optional<std::int64_t> end = readable_end_(where);
    if (!end || *end <= lane.position) {
        hungry_.erase(where);
        return false;
    }
    const Hunger& hunger = hungry_.try_emplace(where, Hunger{now, lane.position}).first->second;
    return awake_.since(hunger.since) > patience_;
}

}  // namespace tidewheel::runtime
