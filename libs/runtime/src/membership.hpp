#pragma once
#include <cstdint>
#include <string>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/runtime/assigned_lanes.hpp"

namespace tidewheel::runtime {

// A member of a consumer group and its lanes.
class Membership {
  public:
    // number: of the group among the program's (kafka::group_name). presence: under which the lanes
    // are claimed (backend_mark.hpp). The starter outlives the membership.
    Membership(const Settings& settings, const std::string& program, int number,
               const kafka::ClientSettings& kafka, std::size_t fetch_bytes, std::int64_t presence,
               LaneStarter& starter, FirstRows& first_rows);
    ~Membership();
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

    kafka::GroupConsumer& consumer() { return consumer_; }
    const kafka::GroupConsumer& consumer() const { return consumer_; }
    AssignedLanes& lanes() { return lanes_; }
    const AssignedLanes& lanes() const { return lanes_; }
    const catalogue::Claimant& claimant() const { return claimant_; }

  private:
    catalogue::Claimant claimant_;
    kafka::GroupConsumer consumer_;
    AssignedLanes lanes_;
};

}  // namespace tidewheel::runtime
