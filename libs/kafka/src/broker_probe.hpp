#pragma once
#include <chrono>

#include "broker_liveness.hpp"
#include "client.hpp"

namespace tidewheel::kafka {

// Asks a broker for a sign of life after a time without data. While there is nothing to read,
// nothing else shows that a broker is back; and librdkafka is slow to report that the last one is
// gone, if it ever does: a frozen one keeps its connections open. One thread.
class BrokerProbe {
  public:
    explicit BrokerProbe(BrokerLiveness& liveness) : liveness_(liveness) {}

    // Blocks for at most half a second, and only when a question is due.
    void look(const Client& client);

  private:
    static bool is_answered(const Client& client);

    BrokerLiveness& liveness_;
    std::chrono::steady_clock::time_point heard_at_;
    int unanswered_ = 0;
};

}  // namespace tidewheel::kafka
