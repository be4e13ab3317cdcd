#pragma once
#include <map>
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
    std::string relation;  // pg_temp.tidewheel_expected_N
    std::vector<ComparedColumn> columns;
};

// The empty counterpart of a statement's target.
Expected make_expected(postgres::Session& session, const postgres::StoredStatement& statement,
                       int number);

// Runs the statement over its records: those before its bounds, in its partitions, that are no dead
// letter of its own. Continuous INSERTs run in offset order, partition by partition.
void replay(postgres::Session& session, const postgres::StoredStream& stream,
            const postgres::StoredStatement& statement, const Bounds& bounds,
            const Expected& expected);

}  // namespace tidewheel::cli
