#include "companion.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runner {
namespace {

using telemetry::Level;

constexpr std::chrono::milliseconds first_wait{200}, long_enough{60'000};

// Claims tell the services of a process apart.
Settings as(const OptionalService& service, Settings settings) {
    settings.instance += std::string("/") + service.name;
    return settings;
}

}  // namespace

Companion::Companion(const OptionalService& service, const Settings& settings,
                     service::Shell& shell, std::function<void(std::exception_ptr)> give_up)
    : service_(service), settings_(as(service, settings)), shell_(shell) {
    thread_ = std::jthread([this, give_up = std::move(give_up)](const std::stop_token& stop) {
        try {
            run(stop);
        } catch (...) {
            give_up(std::current_exception());
        }
    });
}

void Companion::run(const std::stop_token& stop) {
    Retry retry(
        {.first = first_wait, .longest = settings_.retry_longest, .forget_after = long_enough});
    while (!stop.stop_requested()) {
        try {
            run_once(stop);
        } catch (const Error& error) {
            const auto wait = *retry.failed();
            const auto vitals = shell_.add(service_.name);
            vitals->health().set_degraded("service", error.what());
            vitals->beat(wait);
            telemetry::log(Level::error, "a service does not run",
                           {{"service", service_.name},
                            {"reason", error.what()},
                            {"wait_ms", wait.count()},
                            {"hint", error.hint()}});
            wait_for(stop, wait);
        }
    }
}

void Companion::run_once(const std::stop_token& stop) {
    telemetry::log(Level::info, "runs", {{"service", service_.name}});
    const auto vitals = shell_.add(service_.name);
    service_.run(settings_, *vitals, stop);
}

}  // namespace tidewheel::runner
