#include "companions.hpp"

#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runner {

using telemetry::Level;

Companions::Companions(const Settings& settings, service::Shell& shell, std::stop_source all)
    : settings_(settings),
      shell_(shell),
      all_(std::move(all)),
      retry_({.first = std::chrono::milliseconds(200), .longest = settings.retry_longest}) {}

void Companions::request_stop() {
    for (const auto& [name, each] : running_)
        each->request_stop();
}

// That the database is away is told by the statements' own service, and by those that run.
void Companions::look() {
    if (!retry_.is_due()) return;
    try {
        follow();
        retry_.succeeded();
    } catch (const Error& error) {
        database_.reset();
        telemetry::log(Level::debug, "waiting for the catalogue",
                       {{"reason", error.what()}, {"wait_ms", retry_.failed()->count()}});
    }
}

void Companions::follow() {
    if (!database_) {
        database_ = std::make_unique<postgres::Connection>(settings_.database, "tidewheel-run");
        database_->query("SET statement_timeout = '10s'");
        catalogue::look_nowhere_else(*database_);
    }
    if (known_ && catalogue::catalogue_version(*database_) == *known_) return;
    const Declared declared{catalogue::load_catalogue(*database_),
                            catalogue::read_sinks(*database_)};
    take_up(declared);
    known_ = declared.catalogue.version;
}

void Companions::take_up(const Declared& declared) {
    for (const OptionalService& service : optional_services()) {
        const auto found = running_.find(service.name);
        if (service.is_needed(declared) == (found != running_.end())) continue;
        if (found != running_.end()) {
            telemetry::log(Level::info, "nothing is declared for it any more",
                           {{"service", service.name}});
            running_.erase(found);
        } else {
            running_[service.name] = std::make_unique<Companion>(
                service, settings_, shell_, [this](const std::exception_ptr& why) { fail(why); });
        }
    }
}

void Companions::fail(const std::exception_ptr& why) {
    {
        const std::lock_guard lock(mutex_);
        failure_ = why;
    }
    all_.request_stop();
}

void Companions::require_well() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace tidewheel::runner
