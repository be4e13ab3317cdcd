#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/lsn.hpp"

namespace tidewheel::postgres {

// A connection in replication mode (PostgreSQL's manual, "Streaming Replication Protocol"): makes a
// logical slot of the plugin pgoutput and reads from it. The role needs the attribute REPLICATION.
// Made and used by one thread; never reconnects. Session settings are those of Connection, so
// values come as its text. Every method throws DatabaseError.
class ReplicationConnection {
  public:
    ReplicationConnection(const std::string& url, const std::string& application);
    ~ReplicationConnection();
    ReplicationConnection(const ReplicationConnection&) = delete;
    ReplicationConnection& operator=(const ReplicationConnection&) = delete;

    std::string system_identifier();  // of the cluster: the same on its standbys

    struct NewSlot {
        Lsn consistent_point;  // it has every transaction that commits there or later
        // What has committed before, for SET TRANSACTION SNAPSHOT: until the next call, or the end
        // of this.
        std::string snapshot;
    };
    // A permanent slot of this database.
    NewSlot create_slot(const std::string& name);

    // Begins to stream what has committed since the slot's confirmed position. 55006: the slot is
    // in use.
    void start(const std::string& slot, const std::string& publication);

    struct Piece {
        std::string_view data;  // one message of pgoutput, until the next call; empty: a keepalive
        Lsn start = 0;          // of what the message is about
        Lsn end = 0;  // the server has sent all that was committed before it (of a keepalive)
        bool wants_reply = false;
    };
    // nullopt: nothing came within that time. 0: what is here already.
    std::optional<Piece> next(std::chrono::milliseconds wait);
    // The slot may forget what has committed before. To be called every few seconds, whether it has
    // changed or not: the server drops clients that are silent for wal_sender_timeout.
    void confirm(Lsn before);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::postgres
