#pragma once
#include <functional>
#include <thread>

#include "services.hpp"
#include "tidewheel/service/shell.hpp"

namespace tidewheel::runner {

// One service on a thread of its own, until this is destroyed, which waits for it. When it fails it
// is started again, later and later.
class Companion {
  public:
    // All of it outlives this. `give_up`: called by the thread with what is no Error: a defect.
    Companion(const OptionalService& service, const Settings& settings, service::Shell& shell,
              std::function<void(std::exception_ptr)> give_up);
    void request_stop() { thread_.request_stop(); }

  private:
    void run(const std::stop_token& stop);
    void run_once(const std::stop_token& stop);

    const OptionalService& service_;
    const Settings settings_;
    service::Shell& shell_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tidewheel::runner
