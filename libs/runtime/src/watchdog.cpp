#include "watchdog.hpp"

#include <cstdlib>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/runtime/awake.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

using telemetry::Level;

void end_stuck(const std::string& what) {
    telemetry::log(Level::error, "stuck: ending, to be started anew",
                   {{"reason", what},
                    {"hint", "where a batch may take so long, stall_after should be longer"}});
    std::_Exit(static_cast<int>(ExitCode::unavailable));
}

Watchdog::Watchdog(const std::atomic<Clock::Monotonic>& seen, std::chrono::milliseconds longest)
    : thread_([&seen, longest](std::stop_token stop) {
          Awake awake(Clock::system());
          while (wait_for(stop, std::chrono::milliseconds(500)))
              if (awake.look(); awake.since(seen) > longest)
                  end_stuck("the service's own thread has not come round for " +
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
          telemetry::log(Level::warning, "abandoned what did not end in time");
          std::_Exit(static_cast<int>(ExitCode::ok));
      }) {}

}  // namespace tidewheel::runtime
