#include "readiness_report.hpp"

#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

using telemetry::Level;
using telemetry::Metric;

ReadinessReport::ReadinessReport(const Settings& settings, telemetry::Metrics& metrics,
                                 telemetry::Health& health)
    : settings_(settings), metrics_(metrics), health_(health) {}

void ReadinessReport::look(const Memberships& members, std::size_t quarantined) {
    look_at_topics(members);
    look_at_missing(members);
    look_at_broker(members);
    look_at_sessions(members);
    metrics_.gauge(Metric::statements_stopped)
        .set(static_cast<double>(quarantined + missing_.size()));
}

// A topic that is missing or forbidden stops its own streams alone.
void ReadinessReport::look_at_topics(const Memberships& members) {
    std::map<std::string, std::string> now = members.topic_failures();
    for (const auto& [topic, reason] : now) {
        if (!topics_.contains(topic))
            telemetry::log(Level::error, "topic cannot be read",
                           {{"topic", topic}, {"reason", reason}});
        health_.set_degraded("topic " + topic, reason);
    }
    for (const auto& [topic, reason] : topics_)
        if (!now.contains(topic)) health_.forget("topic " + topic);
    topics_ = std::move(now);
}

// As the catalogue has it, which keeps everything until a user has decided.
void ReadinessReport::look_at_missing(const Memberships& members) {
    std::map<std::string, std::string> now;
    for (const catalogue::MissingPlace& each : members.missing())
        now["statement " + each.name + " in " +
            to_text(engine::TopicPartition{each.topic, each.partition})] = each.reason;
    for (const auto& [place, reason] : missing_)
        if (!now.contains(place)) health_.forget(place);
    for (const auto& [place, reason] : now) {
        health_.set_degraded(place, "quarantined: " + reason);
        if (missing_.contains(place)) continue;
        telemetry::log(Level::error, "statement quarantined in a partition",
                       {{"place", place},
                        {"reason", reason},
                        {"hint",
                         "Set where it continues with `tidewheel reset`. "
                         "See docs/how-to/missing-data.md."}});
    }
    missing_ = std::move(now);
}

void ReadinessReport::look_at_broker(const Memberships& members) {
    const bool connected = members.connected();
    metrics_.gauge(Metric::broker_up).set(connected ? 1 : 0);
    connected ? health_.set_healthy("kafka")
              : health_.set_degraded("kafka", "no broker answers: " + members.last_error());
}

// Lanes wait while PostgreSQL has no connection left. With some sessions they are only slower.
void ReadinessReport::look_at_sessions(const Memberships& members) {
    const auto shortage = members.shortage();
    if (shortage && !had_shortage_)
        telemetry::log(Level::warning, "PostgreSQL has no more connections available",
                       {{"sessions", shortage->sessions},
                        {"wanted", settings_.sessions},
                        {"reason", shortage->reason},
                        {"hint", "Raise max_connections, or lower --sessions."}});
    if (!shortage && had_shortage_)
        telemetry::log(Level::info, "PostgreSQL has connections available again");
    had_shortage_ = shortage.has_value();
    if (shortage && shortage->sessions == 0)
        health_.set_degraded("sessions", "lanes wait for a connection: " + shortage->reason);
    else
        health_.forget("sessions");
}

}  // namespace tidewheel::runtime
