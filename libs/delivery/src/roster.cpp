#include "roster.hpp"

#include <algorithm>
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

void Roster::look(Connection& connection, const std::map<int, catalogue::LaneEnds>& ends) {
    const auto now = Clock::system().now();
    const bool is_due = now - registered_at_ >= register_every;
    if (is_due) {
        registered_at_ = now;
        complaint_.clear();
    }
    for (const auto& [id, sink] : sinks_)
        if (is_due || has_come(sink, ends.at(id)))
            read_subscribers(connection, sink, ends.at(id), is_due);
    renew_changed();
    if (is_due) claim(connection);
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
    registered_.clear();
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

// Whether somebody may have been added before rows were stored that are there now.
bool Roster::has_come(const StoredSink& sink, const catalogue::LaneEnds& ends) const {
    const auto known = registered_.find(sink.id);
    if (sink.subscribers_table.empty() || known == registered_.end()) return false;
    return std::ranges::any_of(ends, [&](const auto& end) {
        const auto tried = known->second.tried.find(end.first);
        return tried == known->second.tried.end() || tried->second < end.second;
    });
}

void Roster::read_subscribers(Connection& connection, const StoredSink& sink,
                              const catalogue::LaneEnds& ends, bool note) {
    std::map<std::string, std::string> versions;
    catalogue::LanesRead lanes{ends, {}};
    if (const auto known = registered_.find(sink.id); known != registered_.end()) {
        lanes.before = known->second.before;
        known->second.tried = ends;
    }
    try {
        catalogue::register_subscribers(
            connection, sink, lanes, note, [&](postgres::Transaction& transaction) {
                std::vector<catalogue::NewSubscriber> found;
                for (const Subscriber& each : kind_.subscribers(transaction, sink)) {
                    found.push_back({each.name, each.from_beginning});
                    versions[each.name] = each.version;
                }
                return found;
            });
    } catch (const Error& error) {
        if (error.retryable()) throw;
        complaint_ = "sink " + sink.title().text() + ": " + error.what();
        return;
    }
    Registered& known = registered_[sink.id];
    known.versions = std::move(versions);
    known.tried = ends;
    for (const auto& [lane, last] : ends)
        known.before[lane] = last;
}

// Where a subscriber's rows go has changed.
void Roster::renew_changed() {
    for (auto& [key, mine] : mine_) {
        const auto sink = registered_.find(key.sink);
        if (sink == registered_.end()) continue;
        const auto now = sink->second.versions.find(key.subscriber);
        if (now == sink->second.versions.end() || now->second == mine.version) continue;
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
    for (const auto& [id, known] : registered_)
        ids.push_back(id);
    for (const Delivery& claimed : catalogue::claim_deliveries(connection, owner_, ids)) {
        Mine mine{claimed.epoch,
                  claimed.start,
                  registered_[claimed.key.sink].versions[claimed.key.subscriber],
                  {}};
        for (const catalogue::DeliveryPosition& each : claimed.positions)
            mine.couriers.try_emplace(each.lane, each, policy(claimed.key.sink));
        mine_.insert_or_assign(claimed.key, std::move(mine));
    }
}

}  // namespace tidewheel::delivery
