#include "catalogue_follower.hpp"

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::ingress {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::Metric;

constexpr auto look_every = 500ms;

}  // namespace

CatalogueFollower::CatalogueFollower(const Settings& settings, const Surroundings& surroundings,
                                     telemetry::Health& health)
    : settings_(settings),
      surroundings_(surroundings),
      health_(health),
      retry_({.first = 200ms, .longest = settings.retry_longest}) {}

void CatalogueFollower::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
        try {
            do {
                if (retry_.is_due()) follow();
            } while (wait_for(stop, look_every));
        } catch (...) {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
        }
    });
}

void CatalogueFollower::look() {
    {
        const std::lock_guard lock(mutex_);
        if (failure_) std::rethrow_exception(failure_);
    }
    const bool is_up = Clock::system().now() - answered_at_.load() < settings_.stall_after;
    surroundings_.metrics.gauge(Metric::database_up).set(is_up ? 1 : 0);
}

std::shared_ptr<const Endpoints> CatalogueFollower::endpoints() const {
    const std::lock_guard lock(mutex_);
    return endpoints_;
}

void CatalogueFollower::follow() {
    try {
        if (!database_) database_ = connect();
        if (!known_ || catalogue::catalogue_version(*database_) != *known_) take_up();
        retry_.succeeded();
        answered_at_ = Clock::system().now();
        health_.set_healthy("catalogue");
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::setting) throw;
        database_.reset();
        answered_at_ = Clock::Monotonic{};
        if (!endpoints()) health_.set_degraded("catalogue", error.what());
        const auto wait = *retry_.failed();
        telemetry::log(
            Level::warning, "waiting for the catalogue",
            {{"reason", error.what()}, {"wait_ms", wait.count()}, {"hint", error.hint()}});
    }
}

// A lock on the catalogue must not hold it up for long.
std::unique_ptr<postgres::Connection> CatalogueFollower::connect() const {
    auto database = std::make_unique<postgres::Connection>(settings_.database, "tidewheel-ingress");
    database->query("SET statement_timeout = '10s'");
    return database;
}

void CatalogueFollower::take_up() {
    catalogue::look_nowhere_else(*database_);
    const auto read = read_endpoints(*database_, surroundings_);
    {
        const std::lock_guard lock(mutex_);
        endpoints_ = read;
    }
    known_ = read->version;
}

}  // namespace tidewheel::ingress
