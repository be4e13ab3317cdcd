#pragma once
#include <string>
#include <vector>

#include "replay.hpp"

// The records of tidewheel_good under the names by which a statement reads them.
namespace tidewheel::verify {

// The quoted names, each behind the prefix: "q.a, q.b".
std::string prefixed(const std::string& prefix, const std::vector<std::string>& names,
                     const std::string& between = ", ");
std::string regclass(const sql::RelationName& name);

// The columns of the INSERT: those it names, or the table's first ones.
std::vector<std::string> filled_columns(postgres::Session& session, const sql::RowStatement& rows);

// Makes the relations that a statement's own text reads, as in stage.hpp, over the records for
// which `condition` holds. Partitions one after the other, each in offset order.
void open_records(postgres::Session& session, const catalogue::StoredStream& stream,
                  const std::string& condition);
// The same, over those that the statement has applied.
void open_applied_records(postgres::Session& session, const catalogue::StoredStream& stream,
                          const catalogue::StoredStatement& statement, const PartitionEnds& ends);
void close_records(postgres::Session& session);

}  // namespace tidewheel::verify
