#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/connection.hpp"

// A session holds one batch in temporary relations, the stage:
//
//   tidewheel_batch, a table: the stream's columns, then tidewheel_seq (the row's number in the
//     batch, from 0) and tidewheel_timestamp (the record's own time, engine::postgres_time). Filled
//     by binary COPY, emptied at commit.
//
//   tidewheel_records, a view over it: the rows in play (all of them, or a range while a bad row is
//     searched), with the columns that PostgreSQL converts (Kind::other) converted.
//
//   <the stream's name>, a view over that: the stream's columns alone. It hides the stream, so a
//     statement's own text runs over it.
namespace tidewheel::executor {

// Makes the temporary relations, once a session. The search path must be the statements'.
std::string stage_ddl(const catalogue::StoredStream& stream);

// COPY pg_temp.tidewheel_batch (these of the columns, tidewheel_seq, tidewheel_timestamp) FROM
// STDIN (FORMAT binary)
std::string stage_copy(const engine::Schema& schema, const std::vector<bool>& staged);

// Sets the range of the narrowed stage: the rows from first to before last, for this transaction.
std::string stage_range(std::size_t first, std::size_t last);

// What is run over the stage of a stream, whatever its statements are.
struct StageScript {
    std::string ddl;  // stage_ddl
    // SELECT tidewheel_seq, the number of the first check that says no (from 0), the rows that
    // break none left out. Columns of Kind::other are converted on the way, so a value that can't
    // be is an error here. nullopt: there is nothing to check.
    std::optional<std::string> validate;
    // Converts one column of the rows in play: says which of them can't be.
    struct Conversion {
        std::string column, script;
        bool operator==(const Conversion&) const = default;
    };
    std::vector<Conversion> conversions;
    // Narrows tidewheel_records to the range that stage_range sets, for this transaction; widen
    // undoes it.
    std::string narrow, widen;
    bool operator==(const StageScript&) const = default;
};
StageScript stage_script(const catalogue::StoredStream& stream);

// Which of the stream's columns a statement reads; and which ones the stream's own rules do: its
// checks, routing, event time, what PostgreSQL converts. Both ask PostgreSQL (the temporary
// relations must exist): by name alone nobody could tell.
std::vector<bool> columns_read(postgres::Transaction& transaction,
                               const catalogue::StoredStream& stream,
                               const catalogue::StoredStatement& statement);
std::vector<bool> columns_of_rules(postgres::Transaction& transaction,
                                   const catalogue::StoredStream& stream);

}  // namespace tidewheel::executor
