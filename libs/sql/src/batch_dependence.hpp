#pragma once
#include "source_text.hpp"
#include "stream_reference.hpp"

namespace tidewheel::sql {

// Refuses, at every SELECT whose rows come from the stream, what depends on how records are
// batched.
void refuse_batch_dependence(const StreamReference& stream_reference, Refusals& refusals);

}  // namespace tidewheel::sql
