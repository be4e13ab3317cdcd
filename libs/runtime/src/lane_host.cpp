#include "tidewheel/runtime/lane_host.hpp"

#include <algorithm>

#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

using kafka::TopicPartition;

namespace {

constexpr std::int64_t where_kafka_says = -1000;  // never, but for tests/weakened
constexpr std::chrono::seconds first_answer{3};

}  // namespace

LaneHost::LaneHost(const Settings& settings, std::string program,
                   std::vector<postgres::StreamPlan> plans, std::int64_t catalogue_version,
                   kafka::GroupConsumer& consumer, kafka::ClientSettings kafka,
                   const LeftBehind& left_behind, telemetry::Metrics& metrics)
    : settings_(settings),
      program_(std::move(program)),
      plans_(std::move(plans)),
      catalogue_version_(catalogue_version),
      consumer_(consumer),
      kafka_(std::move(kafka)),
      left_behind_(left_behind),
      metrics_(metrics) {}

LaneHost::~LaneHost() {
    stop();
}

std::vector<std::string> LaneHost::topics() const {
    std::vector<std::string> topics;
    for (const postgres::StreamPlan& plan : plans_)
        topics.push_back(plan.stream.stream.topic);
    return topics;
}

const postgres::StreamPlan* LaneHost::plan_of(const std::string& topic) const {
    const auto found = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) {
        return plan.stream.stream.topic == topic;
    });
    return found == plans_.end() ? nullptr : &*found;
}

// What some statement reads; a partition that the routing keeps from all of them is not fetched at
// all.
std::vector<postgres::LaneClaim> LaneHost::claims_of(
    const std::vector<TopicPartition>& partitions) const {
    std::vector<postgres::LaneClaim> claims;
    for (const TopicPartition& where : partitions) {
        const postgres::StreamPlan* plan = plan_of(where.topic);
        if (!plan) continue;
        std::vector<int> statements = plan->statements_reading(where.partition);
        if (const auto left = left_behind_.find(where); left != left_behind_.end())
            std::erase_if(statements, [&](int id) {
                return std::count(left->second.begin(), left->second.end(), id) > 0;
            });
        if (!statements.empty())
            claims.push_back({where.topic, where.partition, std::move(statements)});
    }
    return claims;
}

// Asked before anything is locked. A partition that can't answer is left out, for a later try: the
// others need not wait for it.
void LaneHost::find_beginnings(postgres::Connection& connection,
                               std::vector<postgres::LaneClaim>& claims) {
    std::optional<kafka::Admin> admin;
    for (postgres::LaneClaim* lane : postgres::unbegun(connection, claims)) {
        try {
            if (!admin) admin.emplace(kafka_, first_answer);
            lane->first = admin->watermarks(lane->topic, lane->partition).first;
        } catch (const Error& error) {
            unclaimed_[{lane->topic, lane->partition}] =
                std::string("its first offset is not known: ") + error.what();
        }
    }
    std::erase_if(claims, [&](const postgres::LaneClaim& lane) {
        return unclaimed_.contains({lane.topic, lane.partition});
    });
}

std::vector<kafka::StartOffset> LaneHost::on_assigned(
    const std::vector<TopicPartition>& partitions) {
    unclaimed_.clear();
    std::vector<postgres::LaneClaim> claims = claims_of(partitions);
    if (claims.empty()) return {};
    postgres::Connection connection(settings_.database, program_);
    find_beginnings(connection, claims);
    postgres::claim(connection, settings_.instance, claims, catalogue_version_);
    failpoint("after_claim");
    std::vector<kafka::StartOffset> starts;
    for (postgres::LaneClaim& claim : claims) {
        const TopicPartition where{claim.topic, claim.partition};
        const bool ask_kafka = weakened("kafka_offsets") && claim.start > 0;
        starts.push_back({where, ask_kafka ? where_kafka_says : claim.start});
        places_[where] = Place{plan_of(claim.topic), std::move(claim), nullptr};
    }
    return starts;
}

void LaneHost::on_started(const std::vector<TopicPartition>& partitions) {
    settled_ = true;
    for (const TopicPartition& where : partitions) {
        const auto place = places_.find(where);
        if (place == places_.end()) continue;
        place->second.runner = std::make_unique<LaneRunner>(
            settings_, program_, *place->second.plan, place->second.claim, consumer_.source(where),
            metrics_of(place->second));
    }
}

LaneMetrics LaneHost::metrics_of(const Place& place) {
    std::unordered_map<int, std::string> names;
    for (const auto& task : place.plan->rows)
        names.emplace(task.statement.id, task.statement.statement.name);
    for (const auto& view : place.plan->views)
        names.emplace(view.id, view.statement.name);
    return LaneMetrics(metrics_, place.claim.topic, place.claim.partition, names);
}

void LaneHost::on_revoked(const std::vector<TopicPartition>& partitions, bool lost) {
    telemetry::log(telemetry::Level::info, lost ? "partitions lost" : "partitions revoked",
                   {{"partitions", partitions.size()}});
    unclaimed_.clear();
    std::vector<Place> going;
    for (const TopicPartition& where : partitions)
        if (auto node = places_.extract(where)) going.push_back(std::move(node.mapped()));
    const std::vector<kafka::StartOffset> offsets = stop(std::move(going));
    if (!lost && !offsets.empty()) consumer_.publish_offsets(offsets);
}

void LaneHost::stop() {
    std::vector<Place> going;
    for (auto& [where, place] : places_)
        going.push_back(std::move(place));
    places_.clear();
    unclaimed_.clear();
    const std::vector<kafka::StartOffset> offsets = stop(std::move(going));
    if (!offsets.empty()) consumer_.publish_offsets(offsets);
}

// All of them are asked first, so they finish side by side, by one deadline. Returns where they
// stopped.
std::vector<kafka::StartOffset> LaneHost::stop(std::vector<Place> places) {
    std::vector<kafka::StartOffset> offsets;
    for (Place& place : places)
        if (place.runner) place.runner->request_stop();
    const auto deadline = Clock::system().now() + std::chrono::seconds(5);
    for (Place& place : places) {
        if (!place.runner) continue;
        place.runner->join(deadline);
        if (const auto next = place.runner->status().next_offset; next >= 0)
            offsets.push_back({{place.claim.topic, place.claim.partition}, next});
        place.runner.reset();
    }
    return offsets;
}

std::vector<std::pair<TopicPartition, LaneStatus>> LaneHost::lanes() const {
    std::vector<std::pair<TopicPartition, LaneStatus>> all;
    for (const auto& [where, trouble] : unclaimed_) {
        LaneStatus unclaimed;
        unclaimed.ended = Error::Kind::unavailable;
        unclaimed.trouble = trouble;
        all.emplace_back(where, unclaimed);
    }
    for (const auto& [where, place] : places_)
        if (place.runner) all.emplace_back(where, place.runner->status());
    return all;
}

std::vector<kafka::StartOffset> LaneHost::offsets() const {
    std::vector<kafka::StartOffset> all;
    for (const auto& [where, status] : lanes())
        if (status.next_offset >= 0) all.push_back({where, status.next_offset});
    return all;
}

}  // namespace tidewheel::runtime
