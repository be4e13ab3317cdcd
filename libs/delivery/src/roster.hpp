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

    // What the catalogue says now. Throws DatabaseError, as do the others that take a connection.
    void follow(postgres::Connection& connection);
    // Who gets the rows up to these ends, which were read before this. Rows behind them are for
    // those whom the next look finds.
    void look(postgres::Connection& connection, const std::map<int, catalogue::LaneEnds>& ends);
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
    bool is_settled(int sink) const { return registered_.contains(sink); }
    const std::string& owner() const { return owner_.instance; }
    std::string complaint() const { return complaint_; }  // a sink whose subscribers can't be read

  private:
    // What was found of a sink.
    struct Registered {
        std::map<std::string, std::string> versions;  // of the subscribers
        catalogue::LaneEnds before;                   // when they were read
        catalogue::LaneEnds tried;                    // the same, even if they could not be read
    };
    void read_subscribers(postgres::Connection& connection, const catalogue::StoredSink& sink,
                          const catalogue::LaneEnds& ends, bool note);
    bool has_come(const catalogue::StoredSink& sink, const catalogue::LaneEnds& ends) const;
    void renew_changed();
    void claim(postgres::Connection& connection);
    CourierPolicy policy(int sink) const;
    void renew(const catalogue::DeliveryKey& key);

    Kind& kind_;
    const catalogue::DeliveryOwner owner_;
    const std::chrono::milliseconds retry_longest_;
    std::map<int, catalogue::StoredSink> sinks_;
    std::map<int, Registered> registered_;
    std::map<catalogue::DeliveryKey, Mine> mine_;
    std::optional<std::int64_t> version_;
    Clock::Monotonic registered_at_{};
    std::string complaint_;
};

}  // namespace tidewheel::delivery
