#pragma once
#include <cstdint>

#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/catalogue/dead_letter_query.hpp"
#include "tidewheel/core/progress_sink.hpp"

namespace tidewheel::operate {

// Discards the dead letters that the filter selects, `selected` of them: they lose key, headers and
// payload, and can't be redriven. In several transactions, each of which waits for locks. Returns
// how many it has discarded. Throws Error; what was discarded before stays so.
std::int64_t discard(const catalogue::Database& database, postgres::Connection& connection,
                     const catalogue::DeadLetterFilter& filter, std::int64_t selected,
                     ProgressSink& sink);

}  // namespace tidewheel::operate
