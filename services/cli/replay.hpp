#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/comparison.hpp"
#include "cli/topic_copy.hpp"
#include "tidewheel/postgres/catalogue.hpp"
#include "tidewheel/postgres/session.hpp"

// What the records before the bounds must have led to, computed by PostgreSQL from
// pg_temp.tidewheel_good (sql_decoder.hpp).
namespace tidewheel::cli {

// One stored relation and its counterpart: the view, or the table of all the statements that insert
// into it.
struct Expected {
    sql::RelationName stored;
    std::string relation;          // pg_temp.tidewheel_expected_N
    std::set<std::string> filled;  // the table's columns that the statements replayed so far fill
    bool adds_up = false;          // a view: its floats depend on the order of addition
};

// The table of an INSERT, or the view that users read.
const sql::RelationName& target_of(const postgres::StoredStatement& stored);

// The empty counterpart of a statement's target.
Expected make_expected(postgres::Session& session, const postgres::StoredStatement& statement,
                       int number);

// All columns that can be compared: those that no statement fills, too, unless their default is
// different on every run (identity, now()).
std::vector<ComparedColumn> compared_columns(postgres::Session& session, const Expected& expected);

// Runs the statement over its records: those before its bounds, in its partitions, that it neither
// missed as dead letters nor was led past by a human. Continuous INSERTs run in offset order,
// partition by partition.
void replay(postgres::Session& session, const postgres::StoredStream& stream,
            const postgres::StoredStatement& statement, const Bounds& bounds, Expected& expected);

// Tries the statement's own dead letters, each alone over what was replayed, and undoes it: those
// that PostgreSQL takes, at most ten, as "[partition]@offset". None for a target with triggers or
// foreign keys, which its counterpart lacks.
std::vector<std::string> wrongly_refused(postgres::Session& session,
                                         const postgres::StoredStream& stream,
                                         const postgres::StoredStatement& statement,
                                         const Expected& expected);

}  // namespace tidewheel::cli
