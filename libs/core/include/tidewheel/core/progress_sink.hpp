#pragma once
#include <cstdint>
#include <string>

namespace tidewheel {

// Hears how far long work has come. The work calls it from one thread.
class ProgressSink {
  public:
    virtual ~ProgressSink() = default;
    virtual void show(std::int64_t done, std::int64_t total) = 0;
    virtual void note(const std::string& text) = 0;  // a line for people: what the work waits for
};

}  // namespace tidewheel
