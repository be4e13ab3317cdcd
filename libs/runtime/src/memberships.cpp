#include "memberships.hpp"

#include <algorithm>
#include <utility>

namespace tidewheel::runtime {

std::size_t fetch_share(const Settings& settings, const GroupPlans& plans) {
    std::size_t partitions = 0;
    for (const auto& [number, group] : plans)
        for (const auto& plan : group.streams)
            partitions +=
                static_cast<std::size_t>(plan->stream.share.count(plan->stream.stream.partitions));
    // Half of the memory; of that, half again: librdkafka's bookkeeping and overshoot take as much as
    // the records (kafka/README.md).
    return std::min(settings.fetch_bytes,
                    settings.memory / 4 / std::max<std::size_t>(1, partitions));
}

Memberships::Memberships(const Settings& settings, const std::string& program,
                         const kafka::ClientSettings& kafka, std::size_t fetch_bytes,
                         std::int64_t presence, FirstRowsOfGroups& first_rows,
                         telemetry::Metrics& metrics)
    : settings_(settings),
      program_(program),
      kafka_(kafka),
      fetch_bytes_(fetch_bytes),
      presence_(presence),
      first_rows_(first_rows),
      starter_(settings, "tidewheel-" + program, metrics) {}

// All lanes are asked first, so that they finish side by side.
Memberships::~Memberships() {
    for (auto& [number, member] : members_)
        member.lanes().request_stop();
}

Membership& Memberships::join(int number) {
    return members_
        .try_emplace(number, settings_, program_, number, kafka_, fetch_bytes_, presence_, starter_,
                     first_rows_[number])
        .first->second;
}

void Memberships::take_up(GroupPlans plans) {
    std::erase_if(members_, [&](const auto& each) { return !plans.contains(each.first); });
    for (auto& [number, group] : plans) {
        version_ = group.version;
        join(number).lanes().take_up(std::move(group));
    }
}

void Memberships::poll(std::chrono::milliseconds wait) {
    for (auto& [number, member] : members_)
        member.consumer().poll(wait / static_cast<int>(members_.size()));
}

void Memberships::reopen_ended_lanes(postgres::Connection& database) {
    for (auto& [number, member] : members_) {
        CatalogueClaims claims(database, member.claimant());
        member.lanes().reopen_ended(claims);
    }
}

void Memberships::publish_offsets() {
    for (auto& [number, member] : members_)
        member.consumer().publish_offsets(member.lanes().offsets());
}

std::vector<int> Memberships::numbers() const {
    std::vector<int> all;
    for (const auto& [number, member] : members_)
        all.push_back(number);
    return all;
}

bool Memberships::settled() const {
    return std::ranges::all_of(members_,
                               [](const auto& each) { return each.second.lanes().settled(); });
}

LaneStatuses Memberships::lanes() const {
    LaneStatuses all;
    for (const auto& [number, member] : members_)
        std::ranges::move(member.lanes().lanes(), std::back_inserter(all));
    return all;
}

std::vector<catalogue::MissingPlace> Memberships::missing() const {
    std::vector<catalogue::MissingPlace> all;
    for (const auto& [number, member] : members_)
        std::ranges::copy(member.lanes().missing(), std::back_inserter(all));
    return all;
}

std::map<std::string, std::string> Memberships::topic_failures() const {
    std::map<std::string, std::string> all;
    for (const auto& [number, member] : members_)
        for (const auto& [topic, reason] : member.consumer().topic_failures())
            if (member.lanes().runs(topic)) all.emplace(topic, reason);
    return all;
}

bool Memberships::connected() const {
    return std::ranges::all_of(members_,
                               [](const auto& each) { return each.second.consumer().connected(); });
}

std::string Memberships::last_error() const {
    for (const auto& [number, member] : members_)
        if (!member.consumer().connected()) return member.consumer().last_error();
    return {};
}

std::optional<std::int64_t> Memberships::readable_end(const engine::TopicPartition& where) const {
    return members_.empty() ? std::nullopt
                            : members_.begin()->second.consumer().readable_end(where);
}

bool Memberships::is_served(postgres::Connection& database, const LaneKey& lane) const {
    const auto member = members_.find(lane.group_number);
    return member != members_.end() && catalogue::is_served(database, member->second.claimant(),
                                                            lane.where.topic, lane.where.partition);
}

}  // namespace tidewheel::runtime
