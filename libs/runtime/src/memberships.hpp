#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "membership.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/runtime/lane_thread_starter.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// What a partition may hold fetched ahead: all of them together, half of the memory. A partition
// counts for each stream that reads it.
std::size_t fetch_share(const Settings& settings, const GroupPlans& plans);

// How large the first batches may be, by the group's number.
using FirstRowsOfGroups = std::map<int, FirstRows>;

// A service in its consumer groups, with all its lanes: one group as long as each topic is read by
// one stream, and one more for each further stream of a topic. So streams of one topic share no
// lane, no claim and no position: what holds one of them up holds up no other. Lost servers end
// all memberships, and others take their place; a changed catalogue doesn't, nor does a rebalance.
// One thread.
class Memberships {
  public:
    // presence: under which the lanes are claimed (backend_mark.hpp).
    Memberships(const Settings& settings, const std::string& program,
                const kafka::ClientSettings& kafka, std::size_t fetch_bytes, std::int64_t presence,
                FirstRowsOfGroups& first_rows, telemetry::Metrics& metrics);
    ~Memberships();
    Memberships(const Memberships&) = delete;
    Memberships& operator=(const Memberships&) = delete;

    // Joins groups that are new in the plans, leaves those that are no longer there, and has the
    // lanes run what the plans say.
    void take_up(GroupPlans plans);
    bool is_in(int number) const { return members_.contains(number); }
    std::vector<int> numbers() const;  // of the groups
    // Serves the groups for about this long in all. Throws as GroupConsumer::poll.
    void poll(std::chrono::milliseconds wait);
    // With the service's own connection, which the lanes don't use otherwise.
    void reopen_ended_lanes(postgres::Connection& database);
    void publish_offsets();

    std::int64_t version() const { return version_; }
    bool settled() const;  // in each group
    LaneStatuses lanes() const;
    // Which statements the catalogue keeps out of partitions of ours, because data is missing.
    std::vector<catalogue::MissingPlace> missing() const;
    std::map<std::string, std::string> topic_failures() const;  // of topics that we run
    bool connected() const;
    std::string last_error() const;
    std::optional<std::int64_t> readable_end(const engine::TopicPartition& where) const;
    bool is_served(postgres::Connection& database, const LaneKey& lane) const;
    std::optional<executor::SessionPool::Shortage> shortage() const { return starter_.shortage(); }
    // That each partition may hold: librdkafka can't be told another number later.
    std::size_t fetch_bytes() const { return fetch_bytes_; }

  private:
    Membership& join(int number);

    const Settings& settings_;
    std::string program_;
    kafka::ClientSettings kafka_;
    std::size_t fetch_bytes_;
    std::int64_t presence_;
    FirstRowsOfGroups& first_rows_;
    LaneThreadStarter starter_;
    std::map<int, Membership> members_;
    std::int64_t version_ = 0;
};

}  // namespace tidewheel::runtime
