#include "tidewheel/delivery/service.hpp"

#include <memory>

#include "dispatcher.hpp"
#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/service/shell.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::delivery {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::Metric;

constexpr auto look_every = 20ms;  // into the outboxes

class Service {
  public:
    Service(const Settings& settings, const ServiceOptions& options, Kind& kind)
        : settings_(settings),
          name_(options.name),
          shell_(settings, "PostgreSQL"),
          retry_({.first = 200ms, .longest = settings.retry_longest}),
          dispatcher_(settings, options, kind, shell_.metrics()) {}

    void run(const std::stop_token& stop) {
        shell_.health().set_degraded("database", "has not been reached yet");
        shell_.start();
        while (!stop.stop_requested()) {
            if (retry_.is_due()) attempt();
            shell_.metrics().gauge(Metric::ready).set(shell_.health().not_ready() ? 0 : 1);
            shell_.beat();
            dispatcher_.wait(look_every, stop);
        }
        shell_.health().set_degraded("service", "stopping");
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
            shell_.health().set_healthy("database");
            shell_.metrics().gauge(Metric::database_up).set(1);
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
        shell_.health().set_degraded("database", error.what());
        shell_.metrics().gauge(Metric::database_up).set(error.retryable() ? 0 : 1);
        dispatcher_.give_up();
        connection_.reset();
    }

    // Of a sink whose subscribers can't be read.
    void report(const std::string& complaint) {
        if (complaint == complaint_) return;
        complaint_ = complaint;
        if (complaint.empty()) return shell_.health().set_healthy("subscribers");
        telemetry::log(Level::warning, complaint);
        shell_.health().set_degraded("subscribers", complaint);
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
    service::Shell shell_;
    Retry retry_;
    std::unique_ptr<postgres::Connection> connection_;
    std::string complaint_;
    Dispatcher dispatcher_;
};

}  // namespace

void run_service(const Settings& settings, const ServiceOptions& options, Kind& kind,
                 std::stop_token stop) {
    Service(settings, options, kind).run(stop);
}

}  // namespace tidewheel::delivery
