#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace tidewheel::telemetry {

// What /readyz says: ready when every part is. A part reports what it lacks in one sentence, or
// that it is well. Thread-safe.
class Health {
  public:
    void set_healthy(const std::string& part);
    void set_degraded(const std::string& part, const std::string& what);
    void forget(const std::string& part);
    // nullopt: ready. Otherwise one line per part that is not.
    std::optional<std::string> not_ready() const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::string> degraded_;
};

}  // namespace tidewheel::telemetry
