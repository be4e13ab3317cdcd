#include "tidewheel/core/clock.hpp"

namespace tidewheel {
namespace {

class SystemClock final : public Clock {
  public:
    Monotonic now() const override { return std::chrono::steady_clock::now(); }
    std::chrono::system_clock::time_point wall() const override {
        return std::chrono::system_clock::now();
    }
};

}  // namespace

const Clock& Clock::system() {
    static const SystemClock clock;
    return clock;
}

}  // namespace tidewheel
