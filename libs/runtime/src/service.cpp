#include "tidewheel/runtime/service.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>

#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/runtime/admin_server.hpp"
#include "tidewheel/runtime/lane_host.hpp"
#include "tidewheel/runtime/lane_watch.hpp"
#include "tidewheel/runtime/patience.hpp"
#include "tidewheel/runtime/stuck_lanes.hpp"
#include "tidewheel/telemetry/log.hpp"
#include "watchdog.hpp"

namespace tidewheel::runtime {
namespace {

using telemetry::Level;
using telemetry::Metric;

// One catalogue version at work: a member of the consumer group and its lanes. A changed catalogue,
// a fenced lane or lost servers end it, and a new one takes its place.
class Generation {
  public:
    Generation(const Settings& settings, const std::string& program,
               const kafka::ClientSettings& kafka, std::vector<postgres::StreamPlan> plans,
               std::int64_t version, const LeftBehind& left_behind, telemetry::Metrics& metrics)
        : consumer_(kafka, settings.group + "." + program, settings.fetch_bytes),
          host_(settings, "tidewheel-" + program, std::move(plans), version, consumer_, kafka,
                left_behind, metrics),
          version_(version) {
        if (!host_.topics().empty()) consumer_.subscribe(host_.topics(), host_);
    }
    ~Generation() {
        host_.stop();
        try {
            consumer_.close();
        } catch (const Error& error) {  // the group will notice by itself that we are gone
            telemetry::log(Level::warning, "left the group in trouble", {{"reason", error.what()}});
        }
    }
    Generation(const Generation&) = delete;
    Generation& operator=(const Generation&) = delete;

    kafka::GroupConsumer& consumer() { return consumer_; }
    const LaneHost& host() const { return host_; }
    std::int64_t version() const { return version_; }

  private:
    kafka::GroupConsumer consumer_;
    LaneHost host_;
    std::int64_t version_;
};

// A statement that failed over records of its, through no fault of theirs: it is left out for a
// while.
struct Suspension {
    std::string reason;
    Patience patience{std::chrono::seconds(5), std::chrono::seconds(60)};
};

std::string label(const kafka::TopicPartition& where) {
    return where.topic + "/" + std::to_string(where.partition);
}

std::set<std::string> names_of(const std::vector<postgres::StoppedStatement>& stopped) {
    std::set<std::string> names;
    for (const postgres::StoppedStatement& each : stopped)
        names.insert(each.name);
    return names;
}

// How long silence may last before it is looked into. Longer than a lane usually waits for a lock
// or a connection in vain, whatever the setting.
std::chrono::milliseconds longest_silence(const Settings& settings) {
    return std::max(3 * settings.stall_after, std::chrono::milliseconds(20000)) + settings.linger;
}

class Service {
  public:
    Service(const Settings& settings, const ServiceKind& kind)
        : settings_(settings),
          name_(kind.name),
          kind_(kind.statements),
          server_(settings.listen),
          watch_(metrics_, health_, settings.stall_after),
          stuck_(
              longest_silence(settings),
              [this](const auto& where) { return generation_->consumer().readable_end(where); },
              [this](const auto& where) {
                  return postgres::is_served(*database_, settings_.instance, where.topic,
                                             where.partition);
              }),
          backoff_(std::chrono::milliseconds(200), settings.retry_longest) {
        kafka_.brokers = settings.kafka;
        kafka_.options = settings.kafka_options;
        kafka_.client_id = "tidewheel-" + name_;
        kafka_.log = [](int level, const std::string& facility, const std::string& text) {
            telemetry::log(level <= 4 ? Level::warning : Level::debug, "kafka",
                           {{"facility", facility}, {"text", text}});
        };
        metrics_.gauge(Metric::build_info, {{"version", std::string(version())}}).set(1);
        add_admin_routes(server_, metrics_, [this] { return trouble(); });
        server_.start();
        telemetry::log(Level::info, "started",
                       {{"version", std::string(version())},
                        {"instance", settings.instance},
                        {"admin", server_.url()}});
    }

    void run(std::stop_token stop) {
        health_.lacking("catalogue", "not read yet");
        while (!stop.stop_requested()) {
            try {
                begin();
                serve(stop);
            } catch (const kafka::FatalError&) {
                throw;  // librdkafka wants a new client, and a supervisor may be wanted to know
            } catch (const Error& error) {
                if (error.kind() == Error::Kind::setting) throw;
                health_.lacking("service", error.what());
                metrics_.gauge(Metric::ready).set(0);
                const auto wait = backoff_.next();
                looked_at_ = Clock::system().now() + wait;
                telemetry::log(
                    Level::warning, "waiting",
                    {{"reason", error.what()}, {"wait_ms", wait.count()}, {"hint", error.hint()}});
                generation_.reset();
                wait_for(stop, wait);
            }
        }
        telemetry::log(Level::info, "stopping");
        generation_.reset();
        telemetry::log(Level::info, "stopped");
    }

  private:
    // Reads the catalogue and takes it up.
    void begin() {
        generation_.reset();
        postgres::Catalogue catalogue;
        try {
            database_ =
                std::make_unique<postgres::Connection>(settings_.database, "tidewheel-" + name_);
            catalogue = postgres::load_catalogue(*database_);
            postgres::StreamPlans plans = plan(catalogue);
            // Tried over streams that had other columns by then: it tells nothing of the
            // statements.
            if (postgres::catalogue_version(*database_) != catalogue.version) return begin();
            tell_of_stopped(std::move(plans.stopped));
            metrics_.gauge(Metric::database_up).set(1);
            telemetry::log(Level::info, "catalogue read",
                           {{"version", catalogue.version}, {"streams", plans.streams.size()}});
            generation_ =
                std::make_unique<Generation>(settings_, name_, kafka_, std::move(plans.streams),
                                             catalogue.version, left_behind_, metrics_);
        } catch (const Error&) {
            metrics_.gauge(Metric::database_up).set(0);
            throw;
        }
        health_.well("catalogue");
    }

    // Without those that are suspended. Whoever changes the catalogue may have mended them.
    postgres::StreamPlans plan(postgres::Catalogue catalogue) {
        if (catalogue.version != suspended_at_) forget_suspensions();
        suspended_at_ = catalogue.version;
        std::vector<postgres::StoppedStatement> left_out;
        for (postgres::StoredStatement& stored : catalogue.statements) {
            names_[stored.id] = stored.statement.name;
            const auto suspension = suspended_.find(stored.id);
            if (suspension == suspended_.end() || stored.paused ||
                suspension->second.patience.over(Clock::system().now()))
                continue;
            stored.paused = true;
            left_out.push_back({stored.statement.name, suspension->second.reason,
                                "mend it: it is tried again, and catches up"});
        }
        postgres::StreamPlans plans = postgres::plan_streams(*database_, catalogue, kind_);
        plans.stopped.insert(plans.stopped.end(), left_out.begin(), left_out.end());
        return plans;
    }

    // Leaves out, for longer from time to time, what has ended a lane: its neighbours go on without
    // it. True: there is such a statement.
    bool suspend_failed() {
        bool found = false;
        const auto now = Clock::system().now();
        for (const auto& [where, lane] : generation_->host().lanes()) {
            if (lane.failed_statement == 0) continue;
            found = true;
            Suspension& suspension = suspended_[lane.failed_statement];
            if (!suspension.patience.over(now)) continue;  // another lane said so already
            suspension.patience.failed(now);
            suspension.reason = lane.trouble;
        }
        return found;
    }

    // A statement that was far behind wants records that are gone: its neighbours, which don't, go
    // on in that partition without it. True: there is such a statement.
    bool leave_behind() {
        bool found = false;
        for (const auto& [where, lane] : generation_->host().lanes()) {
            for (const int statement : lane.left_behind) {
                found = true;
                left_behind_[where].push_back(statement);
                health_.lacking(place_of(where, statement), lane.trouble);
            }
        }
        return found;
    }

    // What must not be skipped is looked for again once a human has changed something.
    void forget_suspensions() {
        suspended_.clear();
        for (const auto& [where, statements] : left_behind_)
            for (const int statement : statements)
                health_.forget(place_of(where, statement));
        left_behind_.clear();
        rejoined_.clear();
    }

    std::string place_of(const kafka::TopicPartition& where, int statement) const {
        return "statement " + names_.at(statement) + " in " + label(where);
    }

    // A lane has ended that can go on with a new claim and a new source; one that ends again and
    // again has to wait, since all the others stop for a moment when it is given these. (One whose
    // data is missing stays down.)
    bool must_rejoin() {
        const auto now = Clock::system().now();
        bool found = false;
        for (const auto& [where, lane] : generation_->host().lanes()) {
            if (!lane.ended || lane.data_missing) continue;
            Patience& patience =
                rejoined_.try_emplace(where, std::chrono::seconds(1), std::chrono::seconds(60))
                    .first->second;
            if (!patience.over(now)) continue;
            patience.failed(now);
            found = true;
        }
        return found;
    }

    // Each is named once; the others go on without it.
    void tell_of_stopped(std::vector<postgres::StoppedStatement> now) {
        for (const postgres::StoppedStatement& each : stopped_)
            health_.forget("statement " + each.name);
        for (const postgres::StoppedStatement& each : now) {
            health_.lacking("statement " + each.name, each.reason);
            if (std::count(stopped_.begin(), stopped_.end(), each) > 0) continue;
            telemetry::log(
                Level::error, "statement stopped",
                {{"statement", each.name}, {"reason", each.reason}, {"hint", each.hint}});
        }
        const std::size_t stopped = now.size() + left_behind_.size();
        metrics_.gauge(Metric::statements_stopped).set(static_cast<double>(stopped));
        stopped_ = std::move(now);
    }

    // Whether what stopped a statement has changed.
    bool is_mended() {
        if (stopped_.empty() || Clock::system().now() - tried_at_ < std::chrono::seconds(5))
            return false;
        tried_at_ = Clock::system().now();
        return names_of(plan(postgres::load_catalogue(*database_)).stopped) != names_of(stopped_);
    }

    // Until a stop, a changed catalogue, a mended statement, or trouble (thrown).
    void serve(std::stop_token stop) {
        auto last_look = Clock::Monotonic{};
        while (!stop.stop_requested()) {
            generation_->consumer().poll(std::chrono::milliseconds(100));
            if (Clock::system().now() - last_look < std::chrono::milliseconds(500)) continue;
            last_look = Clock::system().now();
            if (postgres::catalogue_version(*database_) != generation_->version()) return;
            if (is_mended() || suspend_failed() || leave_behind()) return;
            if (must_rejoin())
                throw Error(Error::Kind::unavailable, "a lane has to be claimed anew");
            look_after();
            looked_at_ = Clock::system().now();
        }
    }

    // What keeps the service from being ready. Called from the HTTP server's threads.
    std::optional<std::string> trouble() const {
        if (Clock::system().now() - looked_at_.load() > settings_.stall_after)
            return "service: stuck, most likely in a call to PostgreSQL";
        return health_.trouble();
    }

    void look_after() {
        if (generation_->host().settled()) {
            health_.well("service");
            backoff_.reset();
        }
        look_after_topics();
        generation_->consumer().publish_offsets(generation_->host().offsets());
        const bool connected = generation_->consumer().connected();
        metrics_.gauge(Metric::broker_up).set(connected ? 1 : 0);
        connected ? health_.well("kafka")
                  : health_.lacking("kafka",
                                    "no broker answers: " + generation_->consumer().last_error());
        const LaneWatch::Lanes lanes = generation_->host().lanes();
        watch_.look(lanes);
        if (const auto stuck = stuck_.look(lanes)) end_stuck(*stuck);
        metrics_.gauge(Metric::ready).set(health_.trouble() ? 0 : 1);
    }

    // A topic that is missing or forbidden stops its own streams alone.
    void look_after_topics() {
        const auto& now = generation_->consumer().topic_troubles();
        for (const auto& [topic, words] : now) {
            if (!topic_troubles_.contains(topic))
                telemetry::log(Level::error, "topic can't be read",
                               {{"topic", topic}, {"reason", words}});
            health_.lacking("topic " + topic, words);
        }
        for (const auto& [topic, words] : topic_troubles_)
            if (!now.contains(topic)) health_.forget("topic " + topic);
        topic_troubles_ = now;
    }

    const Settings& settings_;
    std::string name_;
    postgres::StatementKind kind_;
    telemetry::Metrics metrics_;
    telemetry::Health health_;
    std::atomic<Clock::Monotonic> looked_at_{Clock::system().now()};
    // Outlives all that may hang while it is taken down.
    Watchdog watchdog_{looked_at_,
                       std::max(3 * settings_.stall_after, std::chrono::milliseconds(30000))};
    http::Server server_;
    LaneWatch watch_;
    StuckLanes stuck_;
    kafka::ClientSettings kafka_;
    Backoff backoff_;
    std::map<std::string, std::string> topic_troubles_;
    std::vector<postgres::StoppedStatement> stopped_;
    Clock::Monotonic tried_at_;                           // to run them
    std::map<int, std::string> names_;                    // of statements
    std::map<int, Suspension> suspended_;                 // by statement
    std::int64_t suspended_at_ = 0;                       // the catalogue's version
    LeftBehind left_behind_;                              // until that changes
    std::map<kafka::TopicPartition, Patience> rejoined_;  // for a lane that had ended
    std::unique_ptr<postgres::Connection> database_;
    std::unique_ptr<Generation> generation_;
};

}  // namespace

void run_service(const Settings& settings, const ServiceKind& kind, std::stop_token stop) {
    Service(settings, kind).run(stop);
}

int service_main(const ServiceKind& kind, int argc, char** argv) {
    // Records are allocated by librdkafka's threads and freed by the lanes'. With an arena for
    // every thread, glibc keeps what one thread freed from the others, and memory grows to a
    // multiple of what is in use.
    mallopt(M_ARENA_MAX, 2);
    Settings settings;
    int status = 0;
    const std::string program = std::string("tidewheel-") + kind.name;
    if (!parse_service(argc, argv, program.c_str(), kind.purpose, kind.audience, settings, status))
        return status;
    telemetry::open_log(kind.name, settings.log_level, settings.log_format);
    try {
        arm_failpoints_from_environment();
        StopOnSignal signals;
        EndInTime deadline(signals.token());
        run_service(settings, kind, signals.token());
    } catch (const Error& error) {
        telemetry::log(Level::error, "giving up",
                       {{"reason", error.what()}, {"hint", error.hint()}});
        status = static_cast<int>(exit_code(error));
    } catch (const std::exception& error) {
        telemetry::log(Level::error, "a defect: giving up", {{"reason", error.what()}});
        status = static_cast<int>(ExitCode::internal);
    }
    return status;
}

}  // namespace tidewheel::runtime
