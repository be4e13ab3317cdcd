#include "tidewheel/engine/log_check.hpp"

#include <algorithm>

namespace tidewheel::engine {
namespace {

std::string at(const TopicPartition& log, std::int64_t offset) {
    return in_words(log) + ", offset " + std::to_string(offset) + ": data is missing: ";
}

std::string holds(const LogState& state) {
    return "the topic holds the offsets from " + std::to_string(state.first) + " up to " +
           std::to_string(state.end);
}

std::string replaced_hint(const TopicPartition& log) {
    return "The topic was deleted and created again, or its brokers lost records. To start at its "
           "first record, run `tidewheel reset --topic-recreated " +
           log.topic + "`. docs/how-to/missing-data.md says how to decide.";
}

constexpr const char* deleted_hint =
    "Records were deleted before they were read. Set where to continue with `tidewheel reset`; "
    "nothing is skipped automatically. docs/how-to/missing-data.md says how.";

}  // namespace

void LogCheck::begin(const std::vector<StatementProgress>& progress) {
    pending_.clear();
    for (const StatementProgress& each : progress)
        if (each.last && each.last->offset < each.next_offset)
            pending_.push_back({each.statement, each.next_offset, *each.last});
    look_ahead();
}

void LogCheck::look_ahead() {
    wanted_ = std::numeric_limits<std::int64_t>::max();
    for (const Pending& each : pending_)
        wanted_ = std::min(wanted_, each.wanted());
}

LogCheck::Findings LogCheck::see(const Record& record) {
    const Fingerprint found = fingerprint_of(record);
    Findings findings = pass(found.offset);
    for (Pending& each : pending_) {
        if (found.offset < each.wanted()) continue;
        if (found == each.last)
            each.proven = true;
        else
            findings.push_back({each.statement, each.last, found});
    }
    look_ahead();
    return findings;
}

LogCheck::Findings LogCheck::pass(std::int64_t position) {
    Findings findings;
    std::erase_if(pending_, [&](const Pending& each) {
        if (position < each.next) return false;
        if (!each.proven) findings.push_back({each.statement, each.last, std::nullopt});
        return true;
    });
    look_ahead();
    return findings;
}

Absence judge_absence(std::int64_t offset, const LogState& log) {
    if (offset < log.first) return Absence::expired;
    return log.compacted.value_or(false) ? Absence::compacted : Absence::replaced;
}

MissingData replaced(const TopicPartition& log, const LogCheck::Findings& findings,
                     const std::optional<LogState>& state) {
    std::vector<int> statements;
    for (const LogCheck::Finding& each : findings)
        statements.push_back(each.statement);
    const LogCheck::Finding& first = findings.front();
    std::string what = at(log, first.last.offset);
    if (!first.found)
        what += "no record was found where one was applied (" + words(first.last) + ")";
    else if (first.found->offset == first.last.offset)
        what += "the record found (" + words(*first.found) + ") is not the one that was applied (" +
                words(first.last) + ")";
    else
        what += "after the record that was applied (" + words(first.last) +
                ") there is one at offset " + std::to_string(first.found->offset) + " (" +
                words(*first.found) + "), where there was none";
    std::string hint = replaced_hint(log);
    if (state && !state->compacted)
        hint +=
            " It is not known whether the topic is compacted, which would explain it: its "
            "cleanup.policy can't be read.";
    return MissingData(what, hint, MissingData::Cause::replaced, std::move(statements));
}

MissingData other_topic(const TopicPartition& log, const std::string& was, const std::string& is,
                        std::vector<int> statements) {
    return MissingData(in_words(log) + ": data is missing: the topic has the id " + is +
                           ", but the one that was read had " + was,
                       replaced_hint(log), MissingData::Cause::replaced, std::move(statements));
}

std::optional<MissingData> out_of_range(const TopicPartition& log, const LogState& state,
                                        const std::vector<StatementProgress>& progress) {
    const auto lowest = std::min_element(
        progress.begin(), progress.end(),
        [](const auto& a, const auto& b) { return a.next_offset < b.next_offset; });
    if (lowest == progress.end()) return std::nullopt;
    std::vector<int> before, behind;
    std::int64_t furthest = 0;
    for (const StatementProgress& each : progress) {
        if (each.next_offset < state.first) before.push_back(each.statement);
        if (each.next_offset > state.end) behind.push_back(each.statement);
        furthest = std::max(furthest, each.next_offset);
    }
    if (!behind.empty())
        return MissingData(at(log, furthest) + holds(state), replaced_hint(log),
                           MissingData::Cause::replaced, std::move(behind));
    if (!before.empty())
        return MissingData(at(log, lowest->next_offset) + holds(state), deleted_hint,
                           MissingData::Cause::deleted, std::move(before));
    return std::nullopt;
}

}  // namespace tidewheel::engine
