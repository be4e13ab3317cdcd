#pragma once
#include "cli/reset.hpp"

namespace tidewheel::cli {

// `reset --topic-recreated`: whatever is known of the old topic's offsets is forgotten, and all
// that read it begin with the new one's first records. What they stored stays.
int reset_topic(Context& context, const ResetOptions& options);

}  // namespace tidewheel::cli
