#pragma once
#include "tidewheel/engine/batch_sink.hpp"

namespace tidewheel::engine {

// After a failure: was the work stored nevertheless? Progress moves in the work's own transaction,
// so it tells. Throws as BatchSink::open does; Error (fenced) if neither it nor its lack is seen.
bool was_stored(BatchSink& sink, const CommitRequest& work);

}  // namespace tidewheel::engine
