#include "tidewheel/service/watchdog.hpp"

#include <cstdlib>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/service/silence.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::service {

using telemetry::Level;

void end_stuck(const std::string& what) {
    telemetry::log(
        Level::error, "stuck: exiting so that the supervisor restarts the service",
        {{"reason", what}, {"hint", "If a batch may take this long, raise stall_after."}});
    std::_Exit(static_cast<int>(ExitCode::unavailable));
}

Watchdog::Watchdog(const std::atomic<Clock::Monotonic>& seen, std::chrono::milliseconds longest)
    : thread_([&seen, longest](std::stop_token stop) {
          Silence silence(Clock::system());
          while (wait_for(stop, std::chrono::milliseconds(500)))
              if (silence.look(); silence.since(seen) > longest)
                  end_stuck("the service's main loop has not iterated for " +
                            std::to_string(longest.count() / 1000) + " s");
      }) {}

EndInTime::EndInTime(std::stop_token stop)
    : thread_([stop](std::stop_token done) {
          std::stop_source asked;
          const std::stop_callback on_stop(stop, [&] { asked.request_stop(); });
          const std::stop_callback on_done(done, [&] { asked.request_stop(); });
          while (wait_for(asked.get_token(), std::chrono::hours(1))) {
          }
          if (done.stop_requested() || !wait_for(done, std::chrono::milliseconds(9500))) return;
          telemetry::log(Level::warning, "not stopped in time: abandoned the remaining work");
          std::_Exit(static_cast<int>(ExitCode::ok));
      }) {}

}  // namespace tidewheel::service
