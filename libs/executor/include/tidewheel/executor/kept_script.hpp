#pragma once
#include <string>

#include "tidewheel/catalogue/catalogue.hpp"

namespace tidewheel::executor {

// Adds what the batch has to the values that a view keeps (sql::KeptValues). It runs after the
// groups were merged, as a command of its own: it sees what other lanes have added to these groups,
// and their locks keep them from adding more. Refuses (tidewheel.require_room) a value too many.
// $1 and $2 are the partition and the offset of each row of the batch, as arrays. Empty: the view
// keeps none.
std::string kept_script(const catalogue::StoredStatement& view);

}  // namespace tidewheel::executor
