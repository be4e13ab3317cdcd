#pragma once
#include <string>
#include <variant>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/executor/insert_target.hpp"

namespace tidewheel::executor {

// One INSERT for the whole batch.
struct DirectInsert {
    std::string insert;
    // Of one that takes the partition and the offset of each row of the batch, as arrays $1 and $2:
    // the same without parameters, over no row. Empty: it takes none.
    std::string rehearsal = {};
    bool operator==(const DirectInsert&) const = default;
};

// ON CONFLICT DO UPDATE, and MERGE: `collect` stores the SELECT's rows, numbered by their round (0
// for the first row of a key, 1 for the second…); `last_round` asks for the largest number;
// `insert(n)` applies one; `discard` empties.
struct InsertRounds {
    // Of a MERGE that is run alone, to find out which record PostgreSQL refuses: keeps other
    // writers out until the transaction ends. Without it, a key that another lane has just inserted
    // looks like a record that breaks the unique index.
    std::string lock;
    std::string setup;  // once a session: the table that the rows are collected in
    std::string collect, last_round, discard;
    std::string insert_prefix, insert_suffix;  // around the number of the round
    std::string insert(long round) const;
    bool operator==(const InsertRounds&) const = default;
};

// How one continuous INSERT is applied to the staged batch.
using RowScript = std::variant<DirectInsert, InsertRounds>;
RowScript row_script(const catalogue::StoredStatement& statement, const InsertTarget& target);

std::string setup_of(const RowScript& script);  // once a session; empty: nothing
// The INSERT of rows that are given as arrays, one a column of the target, with elements of these
// kinds; before them, those of RowStatement::keeps_places.
std::string array_insert(const sql::RowStatement& rows, const InsertTarget& target,
                         const std::vector<engine::Kind>& kinds);
// Has the target's CHECKs judge such rows, with InsertTarget::last_wins; InsertRounds::discard
// forgets them.
std::string array_trial(const catalogue::StoredStatement& statement, const InsertTarget& target,
                        const std::vector<engine::Kind>& kinds);
// COPY … FROM STDIN (FORMAT binary), into the columns of the target.
std::string copy_into(const sql::RowStatement& rows, const InsertTarget& target);

// Everything at once, for a batch without rows: can it be run?
std::string rehearsal_of(const RowScript& script);

}  // namespace tidewheel::executor
