#pragma once
#include <functional>
#include <string>

#include "envelope.hpp"
#include "record_batch.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::changefeed {

// Sends every row of the table as it was when the snapshot was taken. The batch holds what is not
// committed yet at the end: the whole snapshot, unless that takes longer than ten minutes, near
// which a Kafka transaction would be aborted by the brokers; then what has been sent is committed
// before the end. `meanwhile` is called between pieces. Throws DatabaseError, or as the batch.
struct SnapshotOf {
    sql::RelationName table;
    std::string snapshot;  // as exported
    Lsn at = 0;            // where the changes that follow it begin
};
void send_snapshot(postgres::Connection& connection, const SnapshotOf& what,
                   EnvelopeWriter& envelope, RecordBatch& batch,
                   const std::function<void()>& meanwhile);

}  // namespace tidewheel::changefeed
