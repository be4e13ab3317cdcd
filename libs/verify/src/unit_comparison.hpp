#pragma once
#include "unit.hpp"

namespace tidewheel::verify {

// Compares what the unit's statements were replayed into with what is stored, into its result.
void compare(postgres::Session& session, const Scope& scope, Unit& unit);

// The same for a unit of one statement, while the records that were replayed are still there: of an
// INSERT with ON CONFLICT DO NOTHING, whose records of one key came by several partitions, either
// may have been first.
void compare(postgres::Session& session, const Scope& scope, Unit& unit,
             const catalogue::StoredStream& stream, const PartitionEnds& ends);

}  // namespace tidewheel::verify
