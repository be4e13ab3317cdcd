#include "tidewheel/runtime/lane_claimer.hpp"

#include <algorithm>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::runtime {

using engine::TopicPartition;

namespace {

TopicPartition place_of(const catalogue::MissingPlace& missing) {
    return {missing.topic, missing.partition};
}

LaneStatus ended(std::string failure, LaneEnd end) {
    LaneStatus status;
    status.failure = std::move(failure);
    status.ended = std::move(end);
    return status;
}

}  // namespace

std::vector<int> LaneClaimer::statements_of(const TopicPartition& where) const {
    const auto plan = plans_.of(where.topic);
    std::vector<int> statements =
        plan ? plan->statements_reading(where.partition) : std::vector<int>{};
    std::erase_if(statements, [&](int id) {
        return std::ranges::any_of(missing_, [&](const catalogue::MissingPlace& each) {
            return each.statement == id && place_of(each) == where;
        });
    });
    return statements;
}

// Of what we would run, as the catalogue has it: that keeps everything until a user has decided.
void LaneClaimer::read_missing(LaneClaims& claims, const std::set<TopicPartition>& given) {
    missing_ = claims.missing();
    std::erase_if(missing_, [&](const catalogue::MissingPlace& each) {
        if (!given.contains(place_of(each))) return true;
        const auto plan = plans_.of(each.topic);
        const auto ids = plan ? plan->statements_reading(each.partition) : std::vector<int>{};
        return std::ranges::find(ids, each.statement) == ids.end();
    });
}

// A partition in which no statement can continue shows as a lane that has ended.
void LaneClaimer::show_missing(const std::vector<TopicPartition>& partitions) {
    for (const catalogue::MissingPlace& place : missing_) {
        const TopicPartition where = place_of(place);
        if (std::ranges::find(partitions, where) != partitions.end() &&
            statements_of(where).empty())
            unclaimed_[where] = ended(place.reason, {.data_missing = true});
    }
}

std::vector<catalogue::LaneClaim> LaneClaimer::claims_of(
    const std::vector<TopicPartition>& partitions) const {
    std::vector<catalogue::LaneClaim> claims;
    for (const TopicPartition& where : partitions)
        if (std::vector<int> statements = statements_of(where); !statements.empty())
            claims.push_back({where.topic, where.partition, std::move(statements)});
    return claims;
}

// Asked before anything is locked. A partition that can't answer, and whose statements haven't all
// begun, is put off for a later try: the others need not wait for it.
void LaneClaimer::look_at_logs(LaneClaims& claims, std::vector<catalogue::LaneClaim>& lanes) {
    std::vector<TopicPartition> partitions;
    std::set<std::string> topics;
    for (const catalogue::LaneClaim& lane : lanes) {
        partitions.push_back(place_of(lane));
        topics.insert(lane.topic);
    }
    const auto first = group_.first_offsets(partitions);
    const auto ids = group_.topic_ids(topics);
    for (catalogue::LaneClaim& lane : lanes) {
        if (const auto found = first.find(place_of(lane)); found != first.end())
            lane.first = found->second;
        if (const auto id = ids.find(lane.topic); id != ids.end()) lane.topic_id = id->second;
    }
    for (const catalogue::LaneClaim* lane : claims.unbegun(lanes))
        if (!lane->first)
            unclaimed_[place_of(*lane)] =
                ended("its first offset is not known: no broker reports it", {});
    std::erase_if(lanes, [&](const catalogue::LaneClaim& lane) {
        return unclaimed_.contains(place_of(lane));
    });
}

std::vector<catalogue::LaneClaim> LaneClaimer::claim(
    LaneClaims& claims, const std::vector<TopicPartition>& partitions) {
    show_missing(partitions);
    for (const TopicPartition& where : partitions)
        if (statements_of(where).empty()) claims.release(where);
    std::vector<catalogue::LaneClaim> lanes = claims_of(partitions);
    if (lanes.empty()) return {};
    look_at_logs(claims, lanes);
    try {
        claims.claim(lanes, plans_.version);
    } catch (const postgres::DatabaseError&) {
        throw;
    } catch (const Error& error) {  // the catalogue has just changed, and is read again in a moment
        for (const catalogue::LaneClaim& each : lanes)
            unclaimed_[place_of(each)] = ended(error.what(), {});
        return {};
    }
    return lanes;
}

}  // namespace tidewheel::runtime
