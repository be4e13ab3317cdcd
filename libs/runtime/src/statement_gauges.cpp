#include "statement_gauges.hpp"

#include <chrono>

#include "tidewheel/catalogue/dead_letters.hpp"
#include "tidewheel/catalogue/verifications.hpp"

namespace tidewheel::runtime {

using telemetry::Metric;

namespace {

constexpr std::chrono::seconds interval{30};
constexpr std::int64_t most_dead_letters = 100'000;

const char* kinds_of(executor::StatementKind kind) {
    switch (kind) {
        case executor::StatementKind::rows:
            return "{rows}";
        case executor::StatementKind::view:
            return "{view}";
        case executor::StatementKind::all:
            return "{rows,view}";
    }
    return "{}";
}

}  // namespace

StatementGauges::StatementGauges(const StatementProgram& program, telemetry::Metrics& metrics)
    : program_(program), metrics_(metrics) {}

std::map<int, std::string> StatementGauges::names_of(postgres::Connection& database) const {
    std::map<int, std::string> names;
    for (const postgres::Row& row :
         database.query("SELECT id, name FROM tidewheel.statements WHERE rebuilds IS NULL AND kind "
                        "= ANY ($1::text[])",
                        {kinds_of(program_.statements)}))
        names.emplace(static_cast<int>(row.integer(0)), row.text(1));
    return names;
}

void StatementGauges::forget(const std::string& statement) {
    for (const Metric metric :
         {Metric::dead_letters, Metric::verified_seconds, Metric::verified_different})
        metrics_.forget(metric, {{"statement", statement}});
}

void StatementGauges::look(postgres::Connection& database) {
    const auto now = Clock::system().now();
    if (now - looked_at_ < interval) return;
    looked_at_ = now;
    std::map<int, std::string> names = names_of(database);
    for (const auto& [id, name] : shown_)
        if (const auto found = names.find(id); found == names.end() || found->second != name)
            forget(name);
    const auto dead_letters = catalogue::count_dead_letters(database, most_dead_letters);
    const auto verified = catalogue::last_verifications(database);
    for (const auto& [id, name] : names) {
        const telemetry::Labels labels{{"statement", name}};
        const auto dead = dead_letters.find(id);
        metrics_.gauge(Metric::dead_letters, labels)
            .set(dead == dead_letters.end() ? 0 : static_cast<double>(dead->second));
        const auto last = verified.find(id);
        if (last == verified.end()) continue;
        metrics_.gauge(Metric::verified_seconds, labels).set(last->second.age);
        metrics_.gauge(Metric::verified_different, labels)
            .set(last->second.verdict == "different" ? 1 : 0);
    }
    shown_ = std::move(names);
}

}  // namespace tidewheel::runtime
