#pragma once
#include <map>
#include <string>
#include <vector>

#include "courier.hpp"
#include "tidewheel/core/settings.hpp"

namespace tidewheel::delivery {

// A subscriber that is ours.
struct Mine {
    std::int64_t epoch = 0;
    std::int64_t start = 0;
    std::string version;  // Subscriber::version
    std::map<catalogue::OutboxLane, Courier> couriers;
};

// Which sinks of the kind there are, who gets their rows, and which of these are ours: follows the
// catalogue and the subscribers, and keeps the claims alive.
class Roster {
  public:
    Roster(const Settings& settings, Kind& kind);

    // Throws DatabaseError.
    void look(postgres::Connection& connection);
    // On a new connection: nothing is ours until it is claimed again.
    void begin_again(postgres::Connection& connection);
    void release(postgres::Connection& connection);
    // Another service has it.
    void lose(const catalogue::DeliveryKey& key);

    const std::map<int, catalogue::StoredSink>& sinks() const { return sinks_; }
    std::map<catalogue::DeliveryKey, Mine>& mine() { return mine_; }
    // nullptr: it is no longer ours under this epoch.
    Mine* find(const catalogue::DeliveryKey& key, std::int64_t epoch);
    // The courier of a lane, which may have been made just now.
    Courier& courier(const catalogue::DeliveryKey& key, Mine& mine,
                     const catalogue::OutboxLane& lane);
    // Whether all of the sink's subscribers are registered: only then is it known which rows
    // nobody needs.
    bool is_settled(int sink) const { return subscribers_.contains(sink); }
    const std::string& owner() const { return owner_.instance; }
    std::string complaint() const { return complaint_; }  // a sink whose subscribers can't be read

  private:
    void follow(postgres::Connection& connection);
    void register_all(postgres::Connection& connection);
    void claim(postgres::Connection& connection);
    CourierPolicy policy(int sink) const;
    void renew(const catalogue::DeliveryKey& key);

    Kind& kind_;
    const catalogue::DeliveryOwner owner_;
    const std::chrono::milliseconds retry_longest_;
    std::map<int, catalogue::StoredSink> sinks_;
    std::map<int, std::map<std::string, std::string>> subscribers_;  // their versions
    std::map<catalogue::DeliveryKey, Mine> mine_;
    std::optional<std::int64_t> version_;
    Clock::Monotonic registered_at_{};
    std::string complaint_;
};

}  // namespace tidewheel::delivery
