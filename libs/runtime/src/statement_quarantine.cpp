#include "statement_quarantine.hpp"

#include <algorithm>
#include <set>

#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {
namespace {

using namespace std::chrono_literals;
constexpr RetryPolicy cooldown{.first = 5s, .longest = 60s, .jitter = 0, .forget_after = 120s};

std::set<std::string> names_of(const std::vector<executor::QuarantinedStatement>& statements) {
    std::set<std::string> names;
    for (const executor::QuarantinedStatement& each : statements)
        names.insert(each.name);
    return names;
}

}  // namespace

StatementQuarantine::StatementQuarantine(telemetry::Health& health, const Clock& clock)
    : health_(health), clock_(clock) {}

bool StatementQuarantine::take_in(const LaneStatuses& lanes) {
    bool found = false;
    for (const auto& [where, lane] : lanes) {
        if (!lane.ended || lane.ended->failed_statement == 0) continue;
        found = true;
        Failed& failed =
            failed_
                .try_emplace(lane.ended->failed_statement, Failed{"", "", Retry(cooldown, clock_)})
                .first->second;
        if (!failed.retry.is_due()) continue;  // another lane has reported it already
        failed.retry.failed();
        failed.reason = lane.ended->reason;
        failed.hint = lane.ended->hint;
    }
    return found;
}

std::vector<executor::QuarantinedStatement> StatementQuarantine::withhold(
    catalogue::Catalogue& catalogue) {
    if (catalogue.version != catalogue_version_) failed_.clear();
    catalogue_version_ = catalogue.version;
    std::vector<executor::QuarantinedStatement> withheld;
    for (catalogue::StoredStatement& stored : catalogue.statements) {
        const auto found = failed_.find(stored.id);
        if (found == failed_.end() || stored.paused || found->second.retry.is_due()) continue;
        stored.paused = true;  // in this copy: it is not planned
        const std::string& hint = found->second.hint;
        withheld.push_back({stored.statement.name, found->second.reason,
                            hint.empty() ? "Fix it; it is retried, and then catches up." : hint});
    }
    return withheld;
}

void StatementQuarantine::report(std::vector<executor::QuarantinedStatement> now) {
    for (const executor::QuarantinedStatement& each : reported_)
        health_.forget("statement " + each.name);
    for (const executor::QuarantinedStatement& each : now) {
        health_.set_degraded("statement " + each.name,
                             "quarantined: " + with_hint(each.reason, each.hint));
        if (std::ranges::find(reported_, each) != reported_.end()) continue;
        telemetry::log(telemetry::Level::error, "statement quarantined",
                       {{"statement", each.name}, {"reason", each.reason}, {"hint", each.hint}});
    }
    reported_ = std::move(now);
}

bool StatementQuarantine::holds(const std::vector<executor::QuarantinedStatement>& now) const {
    return names_of(now) == names_of(reported_);
}

}  // namespace tidewheel::runtime
