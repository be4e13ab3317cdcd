#include "tidewheel/runtime/assigned_lanes.hpp"

#include <algorithm>

#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

using engine::StartOffset;
using engine::TopicPartition;

namespace {

constexpr std::int64_t where_kafka_says = -1000;  // never, but for tests/weakened

// A fenced lane's new owner may be the group's new choice, which we learn within some heartbeats.
constexpr std::chrono::seconds news_of_the_group(3);

constexpr RetryPolicy cooldown{.first = std::chrono::seconds(1),
                               .longest = std::chrono::seconds(60),
                               .jitter = 0,
                               .forget_after = std::chrono::seconds(120)};

LaneStatus of_stream(LaneStatus lane, const executor::StreamPlan* plan) {
    if (!plan) return lane;
    lane.stream = sql::label(plan->stream.stream.name);
    lane.group_number = plan->stream.group_number;
    return lane;
}

}  // namespace

AssignedLanes::AssignedLanes(Parts parts) : parts_(std::move(parts)), claimer_(parts_.group) {}

AssignedLanes::~AssignedLanes() {
    stop();
}

void AssignedLanes::take_up(LanePlans plans) {
    if (plans.version != version()) retries_.clear();
    const bool other_topics = plans.topics != this->plans().topics;
    claimer_.plan(std::move(plans));
    if (other_topics) return parts_.group.subscribe(this->plans().topics, *this);
    const std::unique_ptr<LaneClaims> claims = parts_.connect();
    claimer_.read_missing(*claims, given_);
    note_fenced(*claims);
    std::vector<TopicPartition> changed;
    std::ranges::copy_if(given_, std::back_inserter(changed),
                         [&](const TopicPartition& where) { return !goes_on(where); });
    reopen(changed);
}

void AssignedLanes::reopen_ended(LaneClaims& claims) {
    std::vector<TopicPartition> due;
    for (const auto& [where, lane] : lanes())
        if (lane.ended && may_reopen(where, lane, claims)) due.push_back(where);
    reopen(due);
}

bool AssignedLanes::may_reopen(const TopicPartition& where, const LaneStatus& lane,
                               LaneClaims& claims) {
    if (lane.ended->data_missing && lane.ended->left_behind.empty()) return false;
    const auto now = parts_.clock.now();
    Retry& retry = retries_.try_emplace(where, cooldown, parts_.clock).first->second;
    if (!retry.is_due()) return false;
    if (lane.ended->fenced && now - lane.seen_at <= news_of_the_group)
        if (const auto place = places_.find(where);
            place != places_.end() && !claims.is_still_ours(place->second.claim))
            return false;
    retry.failed();
    return true;
}

void AssignedLanes::reopen(const std::vector<TopicPartition>& partitions) {
    if (partitions.empty()) return;
    close(partitions, true);
    const std::vector<StartOffset> starts = open(partitions);
    parts_.group.refetch(partitions, starts);
    std::vector<TopicPartition> started;
    for (const StartOffset& each : starts)
        started.push_back(each.where);
    on_started(started);
}

// Nothing to run is nothing to change.
bool AssignedLanes::goes_on(const TopicPartition& where) const {
    const std::vector<int> statements = claimer_.statements_of(where);
    const auto place = places_.find(where);
    if (place == places_.end()) return statements.empty();
    const RunningLane* lane = place->second.lane.get();
    return lane && !lane->status().ended && !fenced_.contains(where) &&
           place->second.claim.statements == statements &&
           *place->second.plan == *plans().of(where.topic);
}

// Lanes that have lost their epoch to a change (reset, say) notice it with their next commit. They
// needn't wait for that.
void AssignedLanes::note_fenced(LaneClaims& claims) {
    fenced_.clear();
    const auto epochs = claims.epochs();
    for (const auto& [where, place] : places_)
        if (const auto found = epochs.find(where);
            found != epochs.end() && found->second != place.claim.epoch)
            fenced_.insert(where);
}

// Makes a place for each of these partitions that can be claimed. Returns where they start.
std::vector<StartOffset> AssignedLanes::open(const std::vector<TopicPartition>& partitions) {
    const std::unique_ptr<LaneClaims> claims = parts_.connect();
    claimer_.read_missing(*claims, given_);
    std::vector<catalogue::LaneClaim> lanes = claimer_.claim(*claims, partitions);
    if (lanes.empty()) return {};
    failpoint("after_claim");
    std::vector<StartOffset> starts;
    for (catalogue::LaneClaim& lane : lanes) {
        const TopicPartition where = place_of(lane);
        const bool ask_kafka = weakened("kafka_offsets") && lane.start > 0;
        starts.push_back({where, ask_kafka ? where_kafka_says : lane.start});
        places_[where] = Place{plans().of(lane.topic), std::move(lane), nullptr};
    }
    return starts;
}

std::vector<StartOffset> AssignedLanes::on_assigned(const std::vector<TopicPartition>& partitions) {
    close(partitions, true);  // none, as a rule: a group revokes before it assigns again
    given_.insert(partitions.begin(), partitions.end());
    return open(partitions);
}

void AssignedLanes::on_started(const std::vector<TopicPartition>& partitions) {
    settled_ = true;
    for (const TopicPartition& where : partitions) {
        const auto place = places_.find(where);
        if (place == places_.end()) continue;
        const catalogue::LaneClaim& claim = place->second.claim;
        place->second.lane = parts_.starter.start(*place->second.plan, claim,
                                                  parts_.group.source(where, claim.topic_id),
                                                  parts_.first_rows[where]);
    }
}

void AssignedLanes::on_revoked(const std::vector<TopicPartition>& partitions, bool lost) {
    telemetry::log(telemetry::Level::info, lost ? "partitions lost" : "partitions revoked",
                   {{"partitions", partitions.size()}});
    close(partitions, !lost);
    for (const TopicPartition& where : partitions)
        given_.erase(where);
}

void AssignedLanes::request_stop() {
    for (const auto& [where, place] : places_)
        if (place.lane) place.lane->request_stop();
}

void AssignedLanes::stop() {
    close({given_.begin(), given_.end()}, true);
    given_.clear();
}

void AssignedLanes::close(const std::vector<TopicPartition>& partitions, bool publish) {
    std::vector<Place> going;
    for (const TopicPartition& where : partitions) {
        claimer_.forget(where);
        if (auto node = places_.extract(where)) going.push_back(std::move(node.mapped()));
    }
    const std::vector<StartOffset> offsets = stop(std::move(going));
    if (publish && !offsets.empty()) parts_.group.publish_offsets(offsets);
}

// All of them are asked first, so they finish side by side, by one deadline. Returns where they
// stopped.
std::vector<StartOffset> AssignedLanes::stop(std::vector<Place> places) {
    std::vector<StartOffset> offsets;
    for (Place& place : places)
        if (place.lane) place.lane->request_stop();
    const auto deadline = Clock::system().now() + std::chrono::seconds(5);
    for (Place& place : places) {
        if (!place.lane) continue;
        place.lane->join(deadline);
        if (const auto next = place.lane->status().next_offset; next >= 0)
            offsets.push_back({place_of(place.claim), next});
        parts_.first_rows[place_of(place.claim)] = place.lane->next_rows();
        place.lane.reset();
    }
    return offsets;
}

LaneStatuses AssignedLanes::lanes() const {
    LaneStatuses all;
    for (const auto& [where, status] : claimer_.unclaimed())
        all.emplace_back(where, of_stream(status, plans().of(where.topic).get()));
    for (const auto& [where, place] : places_)
        if (place.lane) all.emplace_back(where, of_stream(place.lane->status(), place.plan.get()));
    return all;
}

std::vector<StartOffset> AssignedLanes::offsets() const {
    std::vector<StartOffset> all;
    for (const auto& [where, status] : lanes())
        if (status.next_offset >= 0) all.push_back({where, status.next_offset});
    return all;
}

}  // namespace tidewheel::runtime
