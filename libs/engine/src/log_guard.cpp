#include "tidewheel/engine/log_guard.hpp"

#include <utility>

#include "tidewheel/core/weakened.hpp"
#include "tidewheel/engine/lane_observer.hpp"

namespace tidewheel::engine {

LogGuard::LogGuard(RecordSource& source, LaneObserver& observer,
                   const std::vector<StatementProgress>& progress, RetryPolicy doubt,
                   const Clock& clock)
    : source_(source),
      observer_(observer),
      progress_(progress),
      doubt_(doubt),
      clock_(clock),
      watch_(source, clock) {}

void LogGuard::begin() {
    if (weakened("no_fingerprint")) return;
    require_topic();
    check_.begin(progress_);
}

void LogGuard::require_topic() const {
    const std::optional<std::string> now = source_.topic_id();
    std::optional<std::string> was;
    std::vector<int> statements;
    for (const StatementProgress& each : progress_) {
        if (!now || !each.topic_id || *each.topic_id == *now) continue;
        was = each.topic_id;
        statements.push_back(each.statement);
    }
    if (was) throw other_topic(source_.log(), *was, *now, std::move(statements));
}

// Asks the source what the log holds, and throws if statements lack records of it. A broker that
// was cut off from the others, or paused, may believe for a while that it still leads the
// partition: it then reports an end from before. So a log that is too short must be reported for
// some time without a break. Nothing is lost by waiting: if the log grows, fingerprints tell.
std::optional<LogState> LogGuard::range(std::stop_token stop) {
    for (Retry doubt(doubt_, clock_);;) {
        const LogState state = source_.ask_log();
        const auto missing = out_of_range(source_.log(), state, progress_);
        if (!missing) return state;
        const bool is_too_short = missing->cause() == MissingData::Cause::replaced;
        const auto wait = is_too_short ? doubt.failed() : std::nullopt;
        if (!wait) throw *missing;
        observer_.on_too_short(*missing, *wait);
        if (!wait_for(stop, *wait)) return std::nullopt;
    }
}

bool LogGuard::require_range(std::stop_token stop) {
    return weakened("no_fingerprint") || range(stop);
}

// The broker says that the source can't continue. Its log tells which statements that concerns: a
// fingerprint's record may have expired, and statements further on may lack nothing.
void LogGuard::judge_out_of_range(std::stop_token stop) {
    const std::optional<LogState> state = range(stop);
    if (!state) return;
    throw Error(Error::Kind::unavailable,
                in_words(source_.log()) + " must be read from another offset: it now begins at " +
                    std::to_string(state->first));
}

// Before anything of these statements is applied.
void LogGuard::settle(LogCheck::Findings findings) {
    if (findings.empty()) return;
    std::optional<LogState> state;
    std::erase_if(findings, [&](const LogCheck::Finding& each) {
        if (each.found) return false;
        if (!state) state = source_.ask_log();
        if (judge_absence(each.last.offset, *state) == Absence::replaced) return false;
        observer_.on_unproven(each.last.offset, *state);
        return true;
    });
    if (!findings.empty()) throw replaced(source_.log(), findings, state);
}

void LogGuard::require_growth(std::int64_t end) {
    if (!watch_.grows(end) && !weakened("no_fingerprint")) throw lost();
}

bool LogGuard::is_same() {
    return weakened("no_fingerprint") || watch_.is_same();
}

void LogGuard::look() {
    if (!watch_.is_due()) return;
    bool is_same = true;
    try {
        is_same = this->is_same();
    } catch (const Error&) {  // asked again before anything is committed
    }
    if (!is_same) throw lost();
}

Error LogGuard::lost() const {
    return Error(Error::Kind::unavailable,
                 in_words(source_.log()) +
                     " is no longer the log that was read: it has become shorter, or was "
                     "created again");
}

}  // namespace tidewheel::engine
