#include "tidewheel/runtime/service.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "memberships.hpp"
#include "planner.hpp"
#include "readiness_report.hpp"
#include "rival_watch.hpp"
#include "slot_gauges.hpp"
#include "statement_gauges.hpp"
#include "statement_quarantine.hpp"
#include "tidewheel/catalogue/home.hpp"
#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/catalogue/share.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/kafka/group_members.hpp"
#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/pooler.hpp"
#include "tidewheel/runtime/lane_health.hpp"
#include "tidewheel/runtime/stuck_lane_detector.hpp"
#include "tidewheel/service/kafka_settings.hpp"
#include "tidewheel/service/memory.hpp"
#include "tidewheel/service/watchdog.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {
namespace {

using telemetry::Level;
using telemetry::Metric;

// How long silence may last before it is looked into. Longer than a lane usually waits for a lock
// or a connection in vain, whatever the setting.
std::chrono::milliseconds longest_silence(const Settings& settings) {
    return std::max(3 * settings.stall_after, std::chrono::milliseconds(20000)) + settings.linger;
}

// All that are to be read, each once.
std::vector<std::string> topics_of(const GroupPlans& plans) {
    std::set<std::string> topics;
    for (const auto& [number, group] : plans)
        topics.insert(group.topics.begin(), group.topics.end());
    return {topics.begin(), topics.end()};
}

// The prefix of the consumer groups in which this database's share is read.
std::string group_of_share(postgres::Connection& database, const std::string& prefix) {
    return catalogue::read_share(database).group(prefix);
}

class Service {
  public:
    Service(const Settings& settings, const StatementProgram& program, service::Vitals& vitals)
        : settings_(settings),
          group_prefix_(settings.group),
          program_(program),
          name_(program.name),
          kafka_(service::kafka_settings(settings, "tidewheel")),
          vitals_(vitals),
          lane_health_(vitals_.metrics(), vitals_.health(), settings.stall_after),
          stuck_(
              longest_silence(settings),
              [this](const auto& where) { return members_->readable_end(where); },
              [this](const auto& lane) { return members_->is_served(*database_, lane); }),
          report_(settings, vitals_.metrics(), vitals_.health()),
          retry_({.first = std::chrono::milliseconds(200), .longest = settings.retry_longest}),
          quarantine_(vitals_.health()),
          planner_(program.statements,
                   settings_.executor == "pushdown" ? executor::Execution::pushdown
                                                    : executor::Execution::native,
                   quarantine_),
          rivals_(vitals_.health()),
          gauges_(program, vitals_.metrics()),
          slots_(vitals_.metrics()) {}

    void run(std::stop_token stop) {
        vitals_.health().set_degraded("catalogue", "not read yet");
        while (!stop.stop_requested()) {
            try {
                begin();
                serve(stop);
            } catch (const kafka::FatalError&) {
                throw;  // librdkafka wants a new client, and a supervisor may be wanted to know
            } catch (const StrangerError& error) {
                members_.reset();
                const auto wait = tell_of_wait(error);
                stand_by(stop, wait);
            } catch (const Error& error) {
                if (error.kind() == Error::Kind::setting) throw;
                const auto wait = tell_of_wait(error);
                members_.reset();
                wait_for(stop, wait);
            }
        }
        telemetry::log(Level::info, "stopping");
        members_.reset();
        stand_by_.reset();
        telemetry::log(Level::info, "stopped");
    }

  private:
    std::chrono::milliseconds tell_of_wait(const Error& error) {
        vitals_.health().set_degraded("service", error.what());
        const auto wait = *retry_.failed();
        vitals_.beat(wait);
        telemetry::log(
            Level::warning, "waiting",
            {{"reason", error.what()}, {"wait_ms", wait.count()}, {"hint", error.hint()}});
        return wait;
    }

    // Where Kafka refuses the membership, it only waits.
    void stand_by(std::stop_token stop, std::chrono::milliseconds wait) {
        try {
            if (!stand_by_)
                stand_by_ = std::make_unique<StandBy>(
                    kafka_, kafka::group_name(settings_.group, name_), topics_);
            stand_by_->wait(stop, wait);
        } catch (const Error& error) {
            telemetry::log(Level::debug, "stands by without a group membership",
                           {{"reason", error.what()}});
            stand_by_.reset();
            wait_for(stop, wait);
        }
    }

    // Reads the catalogue, and joins the groups for it.
    void begin() {
        members_.reset();
        try {
            if (!has_own_backend_) postgres::require_own_backend(settings_.database);
            has_own_backend_ = true;
            database_ =
                std::make_unique<postgres::Connection>(settings_.database, "tidewheel-" + name_);
            catalogue::look_nowhere_else(*database_);
            const std::int64_t presence = postgres::show_presence(*database_);
            GroupPlans plans = planner_.read(*database_);
            settings_.group = group_of_share(*database_, group_prefix_);
            const std::string identity = catalogue::identity(*database_);
            kafka_.client_id = kafka::client_id_of(name_, identity);
            topics_ = topics_of(plans);
            require_no_copy(*database_);
            for (const auto& [number, group] : plans)
                require_no_strangers(number, identity, Standing::joining);
            failpoint("before_join");
            stand_by_.reset();
            members_ = std::make_unique<Memberships>(settings_, name_, kafka_,
                                                     fetch_share(settings_, plans), presence,
                                                     first_rows_, vitals_.metrics());
            members_->take_up(std::move(plans));
            vitals_.metrics().gauge(Metric::database_up).set(1);
        } catch (const StrangerError&) {
            vitals_.metrics().gauge(Metric::database_up).set(1);
            throw;
        } catch (const Error&) {
            vitals_.metrics().gauge(Metric::database_up).set(0);
            throw;
        }
        vitals_.health().set_healthy("catalogue");
    }

    // Reads the catalogue again, and has the lanes run what it says now. More partitions than
    // the memory is shared out for want another client.
    void take_up() {
        GroupPlans plans = planner_.read(*database_);
        if (fetch_share(settings_, plans) < members_->fetch_bytes() ||
            settings_.group != group_of_share(*database_, group_prefix_))
            return begin();
        for (const auto& [number, group] : plans)
            if (!members_->is_in(number))
                require_no_strangers(number, catalogue::identity(*database_), Standing::joining);
        topics_ = topics_of(plans);
        members_->take_up(std::move(plans));
    }

    void require_no_strangers(int number, const std::string& identity, Standing standing) const {
        runtime::require_no_strangers(kafka_, kafka::group_name(settings_.group, name_, number),
                                      identity, standing);
        require_alone(kafka_, settings_.group, program_, number, identity, standing);
    }

    // In one group at a time: Kafka may take seconds to answer, and the groups wait meanwhile.
    void look_for_strangers() {
        const auto now = Clock::system().now();
        if (now - looked_for_strangers_ < std::chrono::seconds(10)) return;
        looked_for_strangers_ = now;
        const auto numbers = members_->numbers();
        if (numbers.empty()) return;
        require_no_strangers(numbers.at(groups_looked_at_++ % numbers.size()),
                             catalogue::identity(*database_), Standing::member);
    }

    // Until a stop; throws Error when a server is lost.
    void serve(std::stop_token stop) {
        auto last_look = Clock::Monotonic{};
        while (!stop.stop_requested()) {
            members_->poll(std::chrono::milliseconds(100));
            if (Clock::system().now() - last_look < std::chrono::milliseconds(500)) continue;
            last_look = Clock::system().now();
            if (catalogue::catalogue_version(*database_) != members_->version() ||
                planner_.is_outdated(*database_) || quarantine_.take_in(members_->lanes()))
                take_up();
            members_->reopen_ended_lanes(*database_);
            look_after();
            vitals_.beat();
        }
    }

    void look_after() {
        if (members_->settled()) {
            vitals_.health().set_healthy("service");
            retry_.succeeded();
            look_for_strangers();
        }
        report_.look(*members_, quarantine_.size());
        rivals_.look(*database_, kafka::group_name(settings_.group, name_));
        gauges_.look(*database_);
        slots_.look(*database_);
        members_->publish_offsets();
        const LaneStatuses lanes = members_->lanes();
        lane_health_.look(lanes);
        if (const auto stuck = stuck_.look(lanes)) service::end_stuck(*stuck);
        memory_.look();
    }

    Settings settings_;         // with the group of our share
    std::string group_prefix_;  // the user's setting
    const StatementProgram& program_;
    std::string name_;
    kafka::ClientSettings kafka_;
    service::Vitals& vitals_;
    LaneHealth lane_health_;
    StuckLaneDetector stuck_;
    service::MemoryReturn memory_;
    ReadinessReport report_;
    Retry retry_;
    bool has_own_backend_ = false;
    FirstRowsOfGroups first_rows_;
    StatementQuarantine quarantine_;
    Planner planner_;
    RivalWatch rivals_;
    StatementGauges gauges_;
    SlotGauges slots_;
    Clock::Monotonic looked_for_strangers_;
    std::size_t groups_looked_at_ = 0;
    std::unique_ptr<postgres::Connection> database_;
    std::unique_ptr<Memberships> members_;
    std::vector<std::string> topics_;    // of the catalogue
    std::unique_ptr<StandBy> stand_by_;  // while another deployment has the group
};

}  // namespace

void run_service(const Settings& settings, const StatementProgram& program, service::Vitals& vitals,
                 std::stop_token stop) {
    Service(settings, program, vitals).run(stop);
}

}  // namespace tidewheel::runtime
