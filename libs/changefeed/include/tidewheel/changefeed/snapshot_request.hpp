#pragma once
#include <string>

#include "tidewheel/core/settings.hpp"

namespace tidewheel::changefeed {

// The feed of this stream begins again, with a snapshot, as soon as a service runs: what it was
// sending is aborted, and its slot is dropped. Returns the stream's label. Throws Error: setting,
// when there is no such stream, or it has no changes_of; as kafka::TransactionalWriter.
std::string request_snapshot(const Settings& settings, const std::string& stream);

}  // namespace tidewheel::changefeed
