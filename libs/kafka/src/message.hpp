#pragma once
#include "handles.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::kafka {

// The record that a message carries; it owns the message. Nothing is copied.
engine::Record to_record(Message message);

}  // namespace tidewheel::kafka
