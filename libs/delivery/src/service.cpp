#include "tidewheel/delivery/service.hpp"

#include <memory>

#include "dispatcher.hpp"
#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::delivery {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::Metric;

constexpr auto look_every = 20ms;  // into the outboxes

class Service {
  public:
    Service(const Settings& settings, const ServiceOptions& options, Kind& kind,
            service::Vitals& vitals)
        : settings_(settings),
          name_(options.name),
          vitals_(vitals),
          retry_({.first = 200ms, .longest = settings.retry_longest}),
          dispatcher_(settings, options, kind, vitals_.metrics()) {}

    void run(const std::stop_token& stop) {
        vitals_.health().set_degraded("database", "has not been reached yet");
        while (!stop.stop_requested()) {
            if (retry_.is_due()) attempt();
            vitals_.beat();
            dispatcher_.wait(look_every, stop);
        }
        vitals_.health().set_degraded("service", "stopping");
        telemetry::log(Level::info, "stopping");
        end();
        telemetry::log(Level::info, "stopped");
    }

  private:
    void attempt() {
        try {
            if (!connection_) connect();
            dispatcher_.step(*connection_);
            retry_.succeeded();
            vitals_.health().set_healthy("database");
            vitals_.metrics().gauge(Metric::database_up).set(1);
            report(dispatcher_.roster().complaint());
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::setting) throw;
            fall_back(error);
        }
    }

    void connect() {
        connection_ = std::make_unique<postgres::Connection>(settings_.database, name_);
        catalogue::look_nowhere_else(*connection_);
        connection_->query("SET statement_timeout = '10s'");
        dispatcher_.begin_again(*connection_);
        telemetry::log(Level::info, "delivering", {{"owner", dispatcher_.roster().owner()}});
    }

    void fall_back(const Error& error) {
        const auto wait = *retry_.failed();
        telemetry::log(
            Level::warning, "waiting for the database",
            {{"reason", error.what()}, {"wait_ms", wait.count()}, {"hint", error.hint()}});
        vitals_.health().set_degraded("database", error.what());
        vitals_.metrics().gauge(Metric::database_up).set(error.retryable() ? 0 : 1);
        dispatcher_.give_up();
        connection_.reset();
    }

    // Of a sink whose subscribers can't be read.
    void report(const std::string& complaint) {
        if (complaint == complaint_) return;
        complaint_ = complaint;
        if (complaint.empty()) return vitals_.health().set_healthy("subscribers");
        telemetry::log(Level::warning, complaint);
        vitals_.health().set_degraded("subscribers", complaint);
    }

    void end() {
        if (!connection_) return dispatcher_.give_up();
        try {
            dispatcher_.end(*connection_);
        } catch (const Error& error) {
            telemetry::log(Level::warning, "stopped without a last commit",
                           {{"reason", error.what()}});
        }
    }

    const Settings& settings_;
    const std::string name_;
    service::Vitals& vitals_;
    Retry retry_;
    std::unique_ptr<postgres::Connection> connection_;
    std::string complaint_;
    Dispatcher dispatcher_;
};

}  // namespace

void run_service(const Settings& settings, const ServiceOptions& options, Kind& kind,
                 service::Vitals& vitals, std::stop_token stop) {
    Service(settings, options, kind, vitals).run(stop);
}

}  // namespace tidewheel::delivery
