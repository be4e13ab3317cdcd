#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pgoutput.hpp"
#include "table_shape.hpp"
#include "tidewheel/core/clock.hpp"

namespace tidewheel::changefeed {

// Of a row that was in the table before the feed began.
enum class InSnapshot : std::uint8_t { no, first, middle, last };

// Writes changes as records: Debezium's envelope of its PostgreSQL connector, as its JSON converter
// writes it without schemas (https://debezium.io/documentation/reference/connectors/postgresql.html).
class EnvelopeWriter {
  public:
    // Key and value of a record, for the length of the call. No key: the table has none, or the
    // record is about all rows. No value: a tombstone.
    using Record = std::optional<std::string_view>;
    using Sink = std::function<void(Record key, Record value)>;

    // `name`: of the feed. `database`: its name.
    EnvelopeWriter(std::string_view name, std::string_view database, Sink sink,
                   const Clock& clock = Clock::system());

    // The transaction of the changes that follow.
    void begin(const Begin& transaction) { transaction_ = transaction; }
    // `at`: where the change is in the write-ahead log.
    void insert(const TableShape& table, const Insert& change, Lsn at);
    // A row that gets another key: a delete with a tombstone, then an insert.
    void update(const TableShape& table, const Update& change, Lsn at);
    void remove(const TableShape& table, const Delete& change, Lsn at);
    void truncate(const TableShape& table, Lsn at);
    void snapshot(const TableShape& table, const Tuple& row, Lsn at, InSnapshot which);

  private:
    void write_key(const TableShape& table, const Tuple& row);
    void write_row(std::string_view member, const TableShape& table, const Tuple* row,
                   const Tuple* before = nullptr);
    void finish(const TableShape& table, char operation, Lsn at, InSnapshot which);
    void send(const TableShape& table, bool with_key = true);
    void send_removal(const TableShape& table, const Tuple& row, Lsn at);

    const std::string head_;  // of each source
    const std::string database_;
    const Sink sink_;
    const Clock& clock_;
    Begin transaction_;
    std::string key_, other_key_, value_;  // kept, so that no record allocates
};

}  // namespace tidewheel::changefeed
