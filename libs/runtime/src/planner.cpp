#include "planner.hpp"

#include <algorithm>

#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {
namespace {

void report_execution(const std::string& what, const std::string& reason) {
    using enum telemetry::Level;
    if (reason.empty())
        telemetry::log(info, "is computed by the service", {{"what", what}});
    else
        telemetry::log(reason.starts_with(executor::self_check_differed) ? warning : info,
                       "is left to PostgreSQL", {{"what", what}, {"reason", reason}});
}

// What this service computes itself, and what is left to PostgreSQL, and why.
void report_execution(const executor::StreamPlan& plan) {
    if (!plan.stream.checks.empty())
        report_execution("checks of " + plan.stream.stream.name.text(), plan.native_rules.reason);
    for (const executor::StreamPlan::RowTask& task : plan.rows)
        report_execution("rows of " + task.statement.statement.name, task.native.reason);
    for (const executor::StreamPlan::ViewTask& task : plan.views)
        report_execution("view " + task.statement.statement.name, task.native.reason);
}

}  // namespace

Planner::Planner(executor::StatementKind kind, executor::Execution execution,
                 StatementQuarantine& quarantine)
    : kind_(kind), execution_(execution), quarantine_(quarantine) {}

GroupPlans Planner::read(postgres::Connection& database) {
    for (;;) {
        names_ = catalogue::resolution_stamp(database);
        const catalogue::Catalogue catalogue = catalogue::load_catalogue(database);
        executor::StreamPlans plans = plan(database, catalogue, execution_);
        // The statements were tried over streams whose columns have changed since: the result is
        // void.
        if (catalogue::catalogue_version(database) != catalogue.version) continue;
        quarantine_.report(std::move(plans.quarantined));
        telemetry::log(telemetry::Level::info, "catalogue read",
                       {{"version", catalogue.version}, {"streams", plans.streams.size()}});
        tables_.clear();
        for (const executor::StreamPlan& plan : plans.streams) {
            report_execution(plan);
            for (const executor::StreamPlan::RowTask& task : plan.rows)
                if (!task.native.state_query.empty())
                    tables_[task.native.state_query] = task.native.state;
        }
        return by_group(catalogue.version, topics_of(catalogue), std::move(plans.streams));
    }
}

// By the number of the consumer group that reads them.
std::map<int, std::set<std::string>> Planner::topics_of(
    const catalogue::Catalogue& catalogue) const {
    std::map<int, std::set<std::string>> topics;
    for (const catalogue::StoredStatement& each : catalogue.statements) {
        if (!executor::is_of(each, kind_)) continue;
        const catalogue::StoredStream& stream = catalogue.stream(each.stream_id);
        topics[stream.group_number].insert(stream.stream.topic);
    }
    return topics;
}

executor::StreamPlans Planner::plan(postgres::Connection& database, catalogue::Catalogue catalogue,
                                    executor::Execution execution) {
    const std::vector<executor::QuarantinedStatement> withheld = quarantine_.withhold(catalogue);
    executor::StreamPlans plans = executor::plan_streams(database, catalogue, kind_, execution);
    plans.quarantined.insert(plans.quarantined.end(), withheld.begin(), withheld.end());
    return plans;
}

bool Planner::is_outdated(postgres::Connection& database) {
    const auto now = Clock::system().now();
    if (now - tried_at_ < std::chrono::seconds(5)) return false;
    tried_at_ = now;
    return quarantine_has_changed(database) || std::ranges::any_of(tables_, [&](const auto& table) {
               const postgres::Rows state = database.query(table.first);
               return state.empty() || state[0].text(0) != table.second;
           });
}

bool Planner::quarantine_has_changed(postgres::Connection& database) {
    std::string names = catalogue::resolution_stamp(database);
    if (quarantine_.size() == 0 && names == names_) return false;
    names_ = std::move(names);
    // What is in quarantine is so for PostgreSQL's reasons alone.
    return !quarantine_.holds(
        plan(database, catalogue::load_catalogue(database), executor::Execution::pushdown)
            .quarantined);
}

}  // namespace tidewheel::runtime
