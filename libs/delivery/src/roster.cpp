#include "roster.hpp"

#include <utility>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::delivery {
namespace {

using namespace std::chrono_literals;
using catalogue::Delivery;
using catalogue::DeliveryKey;
using catalogue::StoredSink;
using postgres::Connection;
using telemetry::Level;

constexpr auto register_every = 1s;

}  // namespace

Roster::Roster(const Settings& settings, Kind& kind)
    : kind_(kind),
      owner_{settings.instance, kind.server()},
      retry_longest_(settings.retry_longest) {}

void Roster::look(Connection& connection) {
    follow(connection);
    const auto now = Clock::system().now();
    if (now - registered_at_ < register_every) return;
    registered_at_ = now;
    register_all(connection);
    claim(connection);
}

void Roster::begin_again(Connection& connection) {
    mine_.clear();
    version_.reset();
    registered_at_ = {};
    release(connection);
}

void Roster::release(Connection& connection) {
    catalogue::release_deliveries(connection, owner_);
}

void Roster::lose(const DeliveryKey& key) {
    telemetry::log(Level::warning, "another service delivers now",
                   {{"sink", sinks_.at(key.sink).title().text()}, {"subscriber", key.subscriber}});
    mine_.erase(key);
}

Mine* Roster::find(const DeliveryKey& key, std::int64_t epoch) {
    const auto found = mine_.find(key);
    return found == mine_.end() || found->second.epoch != epoch ? nullptr : &found->second;
}

CourierPolicy Roster::policy(int sink) const {
    CourierPolicy policy;
    policy.retry = {.first = 500ms, .longest = retry_longest_};
    policy.retry_for = kind_.retry_for(sinks_.at(sink));
    return policy;
}

Courier& Roster::courier(const DeliveryKey& key, Mine& mine, const catalogue::OutboxLane& lane) {
    const auto found = mine.couriers.find(lane);
    if (found != mine.couriers.end()) return found->second;
    const catalogue::DeliveryPosition position{lane, mine.start};
    return mine.couriers.try_emplace(lane, position, policy(key.sink)).first->second;
}

// A sink that has other options now is delivered to in new destinations; its couriers keep what
// they know. What is no longer there is forgotten.
void Roster::follow(Connection& connection) {
    const std::int64_t version = catalogue::catalogue_version(connection);
    if (version_ == version) return;
    std::map<int, StoredSink> sinks;
    for (StoredSink& sink : catalogue::read_sinks(connection))
        if (sink.sink.server == kind_.server()) sinks.emplace(sink.id, std::move(sink));
    const std::map<int, StoredSink> before = std::exchange(sinks_, std::move(sinks));
    std::erase_if(mine_, [&](const auto& each) { return !sinks_.contains(each.first.sink); });
    subscribers_.clear();
    for (auto& [key, mine] : mine_) {
        renew(key);
        const auto former = before.find(key.sink);
        const bool was_paused = former != before.end() && former->second.is_paused;
        if (!was_paused || sinks_.at(key.sink).is_paused) continue;
        for (auto& [lane, courier] : mine.couriers)
            courier.forget_failures();
    }
    version_ = version;
    registered_at_ = {};
}

void Roster::renew(const DeliveryKey& key) {
    for (auto& [lane, courier] : mine_.at(key).couriers)
        courier.renew();
}

void Roster::register_all(Connection& connection) {
    complaint_.clear();
    for (const auto& [id, sink] : sinks_) {
        std::vector<catalogue::NewSubscriber> known;
        std::map<std::string, std::string> versions;
        try {
            for (const Subscriber& each : kind_.subscribers(connection, sink)) {
                known.push_back({each.name, each.from_beginning});
                versions[each.name] = each.version;
            }
        } catch (const Error& error) {
            if (error.retryable()) throw;
            complaint_ = "sink " + sink.title().text() + ": " + error.what();
            continue;
        }
        catalogue::register_subscribers(connection, sink, known);
        subscribers_[id] = std::move(versions);
    }
    for (auto& [key, mine] : mine_) {
        const auto sink = subscribers_.find(key.sink);
        if (sink == subscribers_.end()) continue;
        const auto now = sink->second.find(key.subscriber);
        if (now == sink->second.end() || now->second == mine.version) continue;
        mine.version = now->second;
        renew(key);
    }
}

void Roster::claim(Connection& connection) {
    std::map<DeliveryKey, std::int64_t> kept;
    for (const catalogue::Kept& each : catalogue::keep_deliveries(connection, owner_))
        kept[each.key] = each.epoch;
    std::erase_if(mine_, [&](const auto& each) {
        const auto found = kept.find(each.first);
        return found == kept.end() || found->second != each.second.epoch;
    });
    std::vector<int> ids;
    for (const auto& [id, versions] : subscribers_)
        ids.push_back(id);
    for (const Delivery& claimed : catalogue::claim_deliveries(connection, owner_, ids)) {
        Mine mine{claimed.epoch,
                  claimed.start,
                  subscribers_[claimed.key.sink][claimed.key.subscriber],
                  {}};
        for (const catalogue::DeliveryPosition& each : claimed.positions)
            mine.couriers.try_emplace(each.lane, each, policy(claimed.key.sink));
        mine_.insert_or_assign(claimed.key, std::move(mine));
    }
}

}  // namespace tidewheel::delivery
