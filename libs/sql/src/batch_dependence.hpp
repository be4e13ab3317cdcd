#pragma once
#include <string_view>

#include "source_text.hpp"
#include "stream_reference.hpp"

namespace tidewheel::sql {

// Refuses, at every SELECT whose rows come from the stream, what depends on how records are
// batched. `where`: in what, for messages.
void refuse_batch_dependence(const StreamReference& stream_reference, std::string_view where,
                             Refusals& refusals);

}  // namespace tidewheel::sql
