#include "chaos/tally.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::chaos {
namespace {

using codec::Json;
using std::chrono::milliseconds;

std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

std::string seconds(milliseconds time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(time.count()) / 1000);
    return text.data();
}

std::string cells(const std::vector<std::string>& texts) {
    std::string line;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t width = i == 0 ? 26 : 11;
        const std::string gap(texts[i].size() < width ? width - texts[i].size() : 1, ' ');
        line += i == 0 ? texts[i] + gap : gap + texts[i];
    }
    return line + "\n";
}

FaultTally sum(const std::map<std::string, FaultTally>& faults) {
    FaultTally all;
    for (const auto& [name, each] : faults) {
        all.runs += each.runs;
        all.kills += each.kills;
        all.recoveries.insert(all.recoveries.end(), each.recoveries.begin(), each.recoveries.end());
    }
    return all;
}

Json as_json(const FaultTally& tally) {
    return Json::object()
        .set("runs", tally.runs)
        .set("kills", tally.kills)
        .set("records", tally.records)
        .set("recovery_median_ms", static_cast<std::int64_t>(tally.median().count()))
        .set("recovery_worst_ms", static_cast<std::int64_t>(tally.worst().count()))
        .set("lost", tally.lost)
        .set("doubled", tally.doubled);
}

}  // namespace

milliseconds FaultTally::median() const {
    if (recoveries.empty()) return {};
    std::vector<milliseconds> sorted = recoveries;
    std::sort(sorted.begin(), sorted.end());
    return (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
}

milliseconds FaultTally::worst() const {
    return recoveries.empty() ? milliseconds{}
                              : *std::max_element(recoveries.begin(), recoveries.end());
}

std::string Report::table() const {
    std::string text =
        cells({"fault", "runs", "kills", "records", "median", "worst", "lost", "doubled"});
    for (const auto& [name, each] : faults)
        text += cells({name, std::to_string(each.runs), grouped(each.kills), grouped(each.records),
                       seconds(each.median()), seconds(each.worst()), grouped(each.lost),
                       grouped(each.doubled)});
    for (const auto& [program, kib] : peaks)
        text += program + " took " + std::to_string(kib / 1024) + " MiB at most\n";
    for (const std::string& each : violations)
        text += "VIOLATED " + each + "\n";
    return text;
}

std::string Report::closing_line() const {
    const FaultTally all = sum(faults);
    return "chaos: seed " + std::to_string(seed) + ", " + std::to_string(mixed.count()) + " s, " +
           std::to_string(all.runs) + " faults: " + grouped(all.kills) + " kills, " +
           grouped(records) + " records, " + grouped(lost) + " lost, " + grouped(doubled) +
           " doubled; recovery " + seconds(all.median()) + " median, " + seconds(all.worst()) +
           " worst; " +
           (violations.empty() ? "every invariant holds"
                               : std::to_string(violations.size()) + " VIOLATIONS");
}

std::string Report::json() const {
    Json by_fault = Json::object(), memory = Json::object(), broken = Json::array();
    for (const auto& [name, each] : faults)
        by_fault.set(name, as_json(each));
    for (const auto& [program, kib] : peaks)
        memory.set(program, static_cast<std::int64_t>(kib));
    for (const std::string& each : violations)
        broken.push(each);
    const FaultTally all = sum(faults);
    return Json::object()
        .set("seed", static_cast<std::int64_t>(seed))
        .set("seconds", static_cast<std::int64_t>(mixed.count()))
        .set("faults", by_fault)
        .set("kills", all.kills)
        .set("records", records)
        .set("recovery_median_ms", static_cast<std::int64_t>(all.median().count()))
        .set("recovery_worst_ms", static_cast<std::int64_t>(all.worst().count()))
        .set("lost", lost)
        .set("doubled", doubled)
        .set("peak_kib", memory)
        .set("violations", broken)
        .dump(2);
}

}  // namespace tidewheel::chaos
