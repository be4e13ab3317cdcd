#pragma once
#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/kafka/group_members.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/runtime/statement_program.hpp"
#include "tidewheel/telemetry/health.hpp"

namespace tidewheel::runtime {

// Another deployment has the consumer group.
class StrangerError : public Error {
  public:
    using Error::Error;
};

// Throws StrangerError when this database is a copy of another one, whose consumer groups its
// catalogue names.
void require_no_copy(postgres::Connection& database);

// Throws StrangerError when members of the group write to another database: two databases would
// each get half of the records. Of two that are in the group already, since they joined at the same
// time, one stays. Does nothing where Kafka doesn't answer, or doesn't let this role list the
// group.
enum class Standing { joining, member };
void require_no_strangers(const kafka::ClientSettings& kafka, const std::string& group,
                          const std::string& database, Standing standing);

// Throws StrangerError when another program is in a group of the same number and prefix, for the same
// database, and runs statements that this one runs, too: the two would take them from each other
// without end. Of two that have joined already, `tidewheel run` leaves. Does nothing where Kafka
// doesn't answer.
void require_alone(const kafka::ClientSettings& kafka, const std::string& prefix,
                   const StatementProgram& program, int number, const std::string& database,
                   Standing standing);

// Stands by: a member of the group's waiting room, which takes no partition, so that the other
// deployment's `status --explain` shows that this service waits. One thread.
class StandBy final : kafka::AssignmentListener {
  public:
    StandBy(const kafka::ClientSettings& kafka, const std::string& group,
            const std::vector<std::string>& topics);
    ~StandBy() override;

    void wait(std::stop_token stop, std::chrono::milliseconds time);  // as a member

  private:
    std::vector<kafka::StartOffset> on_assigned(
        const std::vector<kafka::TopicPartition>& partitions) override;
    void on_started(const std::vector<kafka::TopicPartition>&) override {}
    void on_revoked(const std::vector<kafka::TopicPartition>&, bool) override {}

    kafka::GroupConsumer consumer_;
};

// Notices that the services of another consumer group are at work on the same database, and names
// them in the log and in /readyz. One thread.
class RivalWatch {
  public:
    explicit RivalWatch(telemetry::Health& health);

    // Every five seconds, whenever it is called. group: the first of the program's
    // (kafka::group_name).
    void look(postgres::Connection& database, const std::string& group);

  private:
    telemetry::Health& health_;
    Clock::Monotonic looked_at_;
    std::string told_;  // the rival that the log has named; empty: there is none
};

}  // namespace tidewheel::runtime
