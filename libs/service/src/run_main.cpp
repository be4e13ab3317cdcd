#include "tidewheel/service/run_main.hpp"

#include <utility>

#include "open_files.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/service/memory.hpp"
#include "tidewheel/service/watchdog.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::service {

using telemetry::Level;

int run_main(const char* name, const Settings& settings,
             const std::function<void(std::stop_token)>& run) {
    share_memory();
    telemetry::open_log(name, settings.log_level, settings.log_format);
    telemetry::log_warnings(settings.warnings);
    try {
        arm_failpoints_from_environment();
        allow_open_files(settings.sessions);
        StopOnSignal signals;
        EndInTime deadline(signals.token());
        run(signals.token());
        return static_cast<int>(ExitCode::ok);
    } catch (const Error& error) {
        telemetry::log(Level::error, "exiting", {{"reason", error.what()}, {"hint", error.hint()}});
        return static_cast<int>(exit_code(error));
    } catch (const std::exception& error) {
        telemetry::log(Level::error, "internal error: exiting", {{"reason", error.what()}});
        return static_cast<int>(ExitCode::internal);
    }
}

int run_service_main(const char* name, const Settings& settings, const Run& run) {
    return run_main(name, settings, [&](std::stop_token stop) {
        Shell shell(settings, "PostgreSQL or Kafka");
        shell.start();
        run(settings, shell.vitals(), std::move(stop));
    });
}

}  // namespace tidewheel::service
