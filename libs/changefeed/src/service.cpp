#include "tidewheel/changefeed/service.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "feed.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/service/kafka_settings.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::changefeed {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::Metric;

constexpr auto look_every = 500ms;

// As catalogue::slot_of names them.
constexpr const char* orphans_query = R"(
    SELECT s.slot_name FROM pg_replication_slots s JOIN pg_database d ON d.datname = s.database
    WHERE s.database = current_database() AND s.slot_name ~ ('^tidewheel_' || d.oid || '_[0-9]+$')
          AND NOT EXISTS (SELECT FROM tidewheel.streams t
                          WHERE s.slot_name = 'tidewheel_' || d.oid || '_' || t.id))";

class Service {
  public:
    Service(const Settings& settings, service::Vitals& vitals)
        : settings_(settings),
          kafka_(service::kafka_settings(settings, "tidewheel-changefeed")),
          vitals_(vitals),
          retry_({.first = 200ms, .longest = settings.retry_longest}) {}

    void run(const std::stop_token& stop) {
        vitals_.health().set_degraded("catalogue", "not read yet");
        do {
            if (retry_.is_due()) follow_catalogue();
            look_after_feeds();
            vitals_.beat();
        } while (wait_for(stop, look_every));
        vitals_.health().set_degraded("service", "stopping");
        telemetry::log(Level::info, "stopping");
        for (const auto& feed : feeds_)
            feed->end();
        feeds_.clear();
        telemetry::log(Level::info, "stopped");
    }

  private:
    void follow_catalogue() {
        try {
            if (!database_) database_ = connect();
            if (!known_ || catalogue::catalogue_version(*database_) != *known_) take_up();
            retry_.succeeded();
            vitals_.health().set_healthy("catalogue");
            vitals_.metrics().gauge(Metric::database_up).set(1);
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::setting) throw;
            database_.reset();
            vitals_.metrics().gauge(Metric::database_up).set(0);
            if (!known_) vitals_.health().set_degraded("catalogue", error.what());
            const auto wait = *retry_.failed();
            telemetry::log(
                Level::warning, "waiting for the catalogue",
                {{"reason", error.what()}, {"wait_ms", wait.count()}, {"hint", error.hint()}});
        }
    }

    // A lock on the catalogue must not hold it up for long.
    std::unique_ptr<postgres::Connection> connect() const {
        auto database =
            std::make_unique<postgres::Connection>(settings_.database, "tidewheel-changefeed");
        database->query("SET statement_timeout = '10s'");
        return database;
    }

    void take_up() {
        catalogue::look_nowhere_else(*database_);
        const catalogue::Catalogue catalogue = catalogue::load_catalogue(*database_);
        std::vector<FeedPlan> plans = feed_plans(*database_, catalogue);
        std::erase_if(feeds_, [&](const auto& feed) {
            return std::ranges::find(plans, feed->plan()) == plans.end();
        });
        for (FeedPlan& plan : plans) {
            const auto is_running = [&](const auto& feed) { return feed->plan() == plan; };
            if (std::ranges::none_of(feeds_, is_running))
                feeds_.push_back(std::make_unique<Feed>(settings_, kafka_, std::move(plan),
                                                        vitals_.metrics(), vitals_.health()));
        }
        drop_orphans();
        known_ = catalogue.version;
    }

    // A slot that was made while its stream was dropped would hold back WAL for ever.
    void drop_orphans() {
        for (const postgres::Row& row : database_->query(orphans_query)) {
            catalogue::drop_slot(*database_, row.text(0));
            telemetry::log(Level::info, "dropped the slot of a stream that is gone",
                           {{"slot", row.text(0)}});
        }
    }

    // A thread that hangs can't be ended: the supervisor starts the service again.
    void look_after_feeds() {
        const auto now = Clock::system().now();
        for (const auto& feed : feeds_)
            if (now - feed->look() >
                std::max<std::chrono::milliseconds>(settings_.stall_after * 3, 30s))
                service::end_stuck("stream " + feed->plan().label);
    }

    const Settings& settings_;
    const kafka::ClientSettings kafka_;
    service::Vitals& vitals_;
    Retry retry_;
    std::unique_ptr<postgres::Connection> database_;
    std::optional<std::int64_t> known_;         // version of the catalogue
    std::vector<std::unique_ptr<Feed>> feeds_;  // the first to go
};

}  // namespace

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    Service(settings, vitals).run(stop);
}

}  // namespace tidewheel::changefeed
