#pragma once
#include "unit.hpp"

namespace tidewheel::verify {

// Of INSERT … ON CONFLICT DO NOTHING: the first record of a key stays, and between partitions no
// order is recorded. Where a key's stored row is that of the first record of another partition than
// the replay's, the counterpart takes that row, and a note says of how many keys. False: of none.
bool accept_other_partitions(postgres::Session& session, const catalogue::StoredStream& stream,
                             const catalogue::StoredStatement& statement, const PartitionEnds& ends,
                             Unit& unit);

}  // namespace tidewheel::verify
