#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::kafka {

// How far what the records are made from has been read: a number, at least 0, which lag tools show
// as the group's offset, and the whole of it as text (at most 4096 bytes).
struct WrittenPosition {
    std::int64_t number = 0;
    std::string text;
    bool operator==(const WrittenPosition&) const = default;
};

// Who writes: one at a time under an id. The one that was opened last wins, and any other's next
// commit fails.
struct WriterIdentity {
    std::string id;     // transactional.id
    std::string topic;  // that the position is about: Kafka forgets it with the topic
    std::string group;  // that keeps the position; it has no members
};

// A record is larger than this client or the topic takes; where several were sent, it is not known
// which.
class RecordTooLarge : public Error {
  public:
    RecordTooLarge(const std::string& what, const std::string& hint)
        : Error(Kind::refused, what, hint) {}
};

// Writes records in Kafka transactions, each with the position after it: either both are there for
// readers of committed records, or none is. One thread. After it has thrown it is of no more use:
// make a new one, whose open() ends what was under way. Throws Error: fenced, when another writer
// was opened; unavailable, refused; RecordTooLarge.
class TransactionalWriter {
  public:
    // While a broker is awaited, `meanwhile` is called about every second; what it throws passes
    // through, and ends the wait.
    TransactionalWriter(const ClientSettings& settings, WriterIdentity identity,
                        std::function<void()> meanwhile);
    ~TransactionalWriter();  // aborts what is under way, where a broker answers at once
    TransactionalWriter(const TransactionalWriter&) = delete;
    TransactionalWriter& operator=(const TransactionalWriter&) = delete;

    // Shuts out every other writer of this id, and ends what it had under way; then reads the
    // position of the last transaction that was committed: after the first step, nobody can commit
    // a later one. nullopt: there is none.
    std::optional<WrittenPosition> open();

    void begin();
    void send(const std::string& topic, const Outgoing& record);  // its bytes are copied
    // Returns once the records and the position are committed. Where it throws, they may be, or
    // not: open() of a new writer tells.
    void commit(const WrittenPosition& position);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::kafka
