#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/verify/relation_comparison.hpp"
#include "topic_copy.hpp"

// What the records before these ends must have led to, computed by PostgreSQL from
// pg_temp.tidewheel_good (sql_decoder.hpp).
namespace tidewheel::verify {

// SQL: the dead letter d is of the record r of tidewheel_raw, and of no other record that had its
// offset in an earlier topic of that name.
inline constexpr const char* of_this_record =
    "coalesce(d.record_hash = tidewheel.record_hash(r.record_time, r.key, r.payload), true)";

// One stored relation and its counterpart: the view, or the table of all the statements that insert
// into it.
struct Expected {
    sql::RelationName stored;
    std::string relation;          // pg_temp.tidewheel_expected_N
    std::set<std::string> filled;  // the table's columns that the statements replayed so far fill
    bool adds_up = false;          // a view: its floats depend on the order of addition
};

// The table of an INSERT, or the view that users read.
const sql::RelationName& target_of(const catalogue::StoredStatement& stored);

// The empty counterpart of a statement's target.
Expected make_expected(postgres::Session& session, const catalogue::StoredStatement& statement,
                       int number);

// All columns that can be compared: those that no statement fills, too, unless their default is
// different on every run (identity, now()).
std::vector<ComparedColumn> compared_columns(postgres::Session& session, const Expected& expected);

// Runs the statement over its records: those before its ends, in its partitions, that it neither
// missed as dead letters nor skipped by a reset. Continuous INSERTs run in offset order,
// partition by partition.
void replay(postgres::Session& session, const catalogue::StoredStream& stream,
            const catalogue::StoredStatement& statement, const PartitionEnds& ends,
            Expected& expected);

// Tries the statement's own dead letters, each alone over what was replayed, and undoes it: those
// that PostgreSQL takes, at most ten, as "[partition]@offset". None for a target with triggers or
// foreign keys, which its counterpart lacks, or of a MERGE.
std::vector<std::string> wrongly_refused(postgres::Session& session,
                                         const catalogue::StoredStream& stream,
                                         const catalogue::StoredStatement& statement,
                                         const Expected& expected);

}  // namespace tidewheel::verify
