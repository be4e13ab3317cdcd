#pragma once
#include <map>
#include <set>

#include "housekeeping.hpp"
#include "pool.hpp"
#include "tidewheel/delivery/service.hpp"

namespace tidewheel::delivery {

// Takes rows out of the outboxes to where they go, and commits how far each subscriber has come.
// The service's own thread; what it knows beyond the database may be lost at any time.
class Dispatcher {
  public:
    Dispatcher(const Settings& settings, const ServiceOptions& options, Kind& kind,
               telemetry::Metrics& metrics)
        : kind_(kind),
          roster_(settings, kind),
          housekeeping_(metrics, roster_, kind),
          pool_(options.threads) {}

    // On a new connection. Throws DatabaseError, as do the others that take one.
    void begin_again(postgres::Connection& connection);
    // One round: what has ended is committed, and what can go on goes on.
    void step(postgres::Connection& connection);
    // Until something has ended, or the time is over.
    void wait(std::chrono::milliseconds time, const std::stop_token& stop) {
        pool_.wait(time, stop);
    }
    // The connection is lost: what was under way may or may not have arrived, and is forgotten.
    void give_up();
    // Commits what is done by now; another service may go on at once.
    void end(postgres::Connection& connection);
    const Roster& roster() const { return roster_; }

  private:
    void dispatch(postgres::Connection& connection, const std::map<int, catalogue::LaneEnds>& ends);
    void hand_on(postgres::Connection& connection, const catalogue::DeliveryKey& key, Mine& mine,
                 const catalogue::OutboxLane& lane, std::int64_t last);
    void tick(const catalogue::DeliveryKey& key, Mine& mine, const catalogue::LaneEnds& ends);
    bool may_try(const Courier& courier) const;
    std::shared_ptr<Destination> open(const catalogue::StoredSink& sink,
                                      const catalogue::DeliveryKey& key,
                                      const catalogue::OutboxLane& lane, const Courier& courier);
    void start(const catalogue::DeliveryKey& key, const Mine& mine,
               const catalogue::OutboxLane& lane, Courier& courier, std::vector<OutboxRow> rows);
    void finish(postgres::Connection& connection, const std::vector<Job>& jobs);
    void commit(postgres::Connection& connection,
                const std::vector<catalogue::DeliveryStep>& steps);
    void tell(const catalogue::DeliveryStep& made) const;
    std::size_t count_failing();
    void redeliver(postgres::Connection& connection);
    void end_redelivery(postgres::Connection& connection, const Job& job);

    Kind& kind_;
    Roster roster_;
    Housekeeping housekeeping_;
    catalogue::DeliveryKey last_served_;
    std::size_t failing_ = 0;  // under way, of those that fail
    std::map<std::pair<catalogue::DeliveryKey, catalogue::OutboxLane>, Clock::Monotonic> ticked_;
    std::set<std::int64_t> redelivering_;
    Clock::Monotonic redelivered_at_{};
    Pool pool_;  // the first to go
};

}  // namespace tidewheel::delivery
