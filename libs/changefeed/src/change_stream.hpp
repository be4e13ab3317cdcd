#pragma once
#include <functional>
#include <map>
#include <optional>

#include "envelope.hpp"
#include "record_batch.hpp"
#include "tidewheel/postgres/replication.hpp"

namespace tidewheel::changefeed {

// Turns what pgoutput streams into records, in Kafka transactions of whole transactions of
// PostgreSQL, or of pieces of large ones, and confirms to the slot what Kafka has committed. One
// thread.
class ChangeStream {
  public:
    using Shapes = std::function<TableShape(const Relation&)>;

    // `from`: what has been sent already. They outlive this.
    ChangeStream(postgres::ReplicationConnection& replication, EnvelopeWriter& envelope,
                 RecordBatch& batch, Position from, Shapes shapes)
        : replication_(replication),
          envelope_(envelope),
          batch_(batch),
          position_(from),
          shapes_(std::move(shapes)) {}

    // One piece of the stream, or a wait for the next of at most 100 ms. Throws DatabaseError, or
    // as the batch; Error (unavailable) for a message that it can't read.
    void step();
    // Tells the server that we live. Also while a broker is awaited.
    void confirm() { replication_.confirm(confirmed_); }
    // Writes the position again, so that Kafka doesn't forget it while nothing changes.
    void refresh_position();

  private:
    void take(const postgres::ReplicationConnection::Piece& piece);
    void take_changes(const Message& message, Lsn at);
    void take_commit(const Commit& commit);
    // Counts the change; false: it has been sent before.
    bool is_new();
    const TableShape& shape(std::uint32_t relation) const;
    void commit_batch();

    postgres::ReplicationConnection& replication_;
    EnvelopeWriter& envelope_;
    RecordBatch& batch_;
    Position position_;  // of what has been sent, committed or in the batch
    const Shapes shapes_;
    std::map<std::uint32_t, TableShape> tables_;
    std::optional<Begin> transaction_;  // that is being received
    std::uint64_t change_ = 0;          // its number of changes, so far
    Lsn received_ = 0;                  // all that was committed before it is in the batch, or sent
    Lsn confirmed_ = 0;                 // …is committed in Kafka
};

}  // namespace tidewheel::changefeed
