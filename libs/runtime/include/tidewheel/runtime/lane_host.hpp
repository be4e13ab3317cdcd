#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/postgres/stream_plan.hpp"
#include "tidewheel/runtime/lane_runner.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// Statements that must not be run in a partition, because they want records that it has lost.
using LeftBehind = std::map<kafka::TopicPartition, std::vector<int>>;

// Gives every assigned partition its lane: claims it in PostgreSQL, starts it where PostgreSQL
// says, stops it when it goes. One thread: the consumer's.
class LaneHost final : public kafka::AssignmentListener {
  public:
    LaneHost(const Settings& settings, std::string program, std::vector<postgres::StreamPlan> plans,
             std::int64_t catalogue_version, kafka::GroupConsumer& consumer,
             kafka::ClientSettings kafka, const LeftBehind& left_behind,
             telemetry::Metrics& metrics);
    ~LaneHost() override;

    std::vector<kafka::StartOffset> on_assigned(
        const std::vector<kafka::TopicPartition>& partitions) override;
    void on_started(const std::vector<kafka::TopicPartition>& partitions) override;
    void on_revoked(const std::vector<kafka::TopicPartition>& partitions, bool lost) override;

    std::vector<std::string> topics() const;
    // Every lane, with how it is doing; one that couldn't be claimed has ended.
    std::vector<std::pair<kafka::TopicPartition, LaneStatus>> lanes() const;
    std::vector<kafka::StartOffset> offsets() const;  // what is committed, for lag tools
    bool settled() const {
        return settled_;
    }  // an assignment, if an empty one, has been taken over
    void stop();

  private:
    struct Place {
        const postgres::StreamPlan* plan;
        postgres::LaneClaim claim;
        std::unique_ptr<LaneRunner> runner;  // none before on_started
    };
    std::vector<postgres::LaneClaim> claims_of(
        const std::vector<kafka::TopicPartition>& partitions) const;
    void find_beginnings(postgres::Connection& connection,
                         std::vector<postgres::LaneClaim>& claims);
    const postgres::StreamPlan* plan_of(const std::string& topic) const;
    LaneMetrics metrics_of(const Place& place);
    std::vector<kafka::StartOffset> stop(std::vector<Place> places);

    const Settings& settings_;
    std::string program_;
    std::vector<postgres::StreamPlan> plans_;
    std::int64_t catalogue_version_;  // that the plans were made by
    kafka::GroupConsumer& consumer_;
    kafka::ClientSettings kafka_;
    const LeftBehind& left_behind_;
    telemetry::Metrics& metrics_;
    std::map<kafka::TopicPartition, Place> places_;
    std::map<kafka::TopicPartition, std::string> unclaimed_;  // and why
    bool settled_ = false;
};

}  // namespace tidewheel::runtime
