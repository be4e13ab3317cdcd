#include "tidewheel/runtime/lane_thread_starter.hpp"

#include <unordered_map>

#include "tidewheel/runtime/lane_thread.hpp"

namespace tidewheel::runtime {
namespace {

std::unordered_map<int, std::string> statement_names(const executor::StreamPlan& plan) {
    std::unordered_map<int, std::string> names;
    for (const auto& task : plan.rows)
        names.emplace(task.statement.id, task.statement.statement.name);
    for (const auto& task : plan.views)
        names.emplace(task.statement.id, task.statement.statement.name);
    return names;
}

}  // namespace

LaneThreadStarter::LaneThreadStarter(const Settings& settings, std::string program,
                                     telemetry::Metrics& metrics)
    : settings_(settings),
      program_(std::move(program)),
      metrics_(metrics),
      pool_(settings.database, program_, settings.sessions),
      memory_(settings.memory / 2),
      registries_(settings) {}

std::unique_ptr<RunningLane> LaneThreadStarter::start(const executor::StreamPlan& plan,
                                                      const catalogue::LaneClaim& claim,
                                                      std::unique_ptr<engine::RecordSource> source,
                                                      std::size_t first_rows) {
    return std::make_unique<LaneThread>(
        settings_, program_, LaneThread::Shared{pool_, memory_, registries_}, first_rows, plan,
        claim, std::move(source),
        LaneMetrics(metrics_, claim.topic, claim.partition, sql::label(plan.stream.stream.name),
                    statement_names(plan)));
}

}  // namespace tidewheel::runtime
