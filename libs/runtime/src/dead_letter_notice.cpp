#include "tidewheel/runtime/dead_letter_notice.hpp"

#include <algorithm>
#include <vector>

namespace tidewheel::runtime {
namespace {

constexpr std::chrono::minutes between_lines{1};

}  // namespace

void DeadLetterNotice::add(std::span<const engine::Reason> dead_letters) {
    for (const engine::Reason reason : dead_letters)
        ++counts_[reason];
}

std::optional<std::string> DeadLetterNotice::due(Clock::Monotonic now) {
    if (counts_.empty() || (said_at_ && now - *said_at_ < between_lines)) return std::nullopt;
    std::vector<std::pair<engine::Reason, long long>> sorted(counts_.begin(), counts_.end());
    std::ranges::stable_sort(sorted, std::greater(), [](const auto& each) { return each.second; });
    long long all = 0;
    std::string reasons;
    for (const auto& [reason, count] : sorted) {
        all += count;
        reasons += (reasons.empty() ? "" : ", ") + std::to_string(count) + " ";
        reasons += engine::name(reason);
    }
    counts_.clear();
    said_at_ = now;
    return std::to_string(all) + " (" + reasons + ")";
}

}  // namespace tidewheel::runtime
