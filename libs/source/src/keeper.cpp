#include "keeper.hpp"

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/home.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::Metric;

constexpr auto claim_every = 1s;

std::string part_of(const Plan& plan) {
    return "source of " + plan.name;
}

}  // namespace

Keeper::Keeper(const Settings& settings, const kafka::ClientSettings& kafka,
               telemetry::Metrics& metrics, telemetry::Health& health)
    : settings_(settings),
      kafka_(kafka),
      metrics_(metrics),
      health_(health),
      database_(settings.database, "tidewheel-source"),
      retry_({.first = 200ms,
              .longest = std::min<std::chrono::milliseconds>(settings.retry_longest, 1s)}) {}

Keeper::~Keeper() {
    leave(running_, true);
}

void Keeper::look() {
    drop_what_expired();
    if (retry_.is_due()) {
        try {
            work();
            retry_.succeeded();
            metrics_.gauge(Metric::database_up).set(1);
            health_.set_healthy("catalogue");
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::setting) throw;
            connection_.reset();
            metrics_.gauge(Metric::database_up).set(0);
            health_.set_degraded("catalogue", error.what());
            const auto wait = *retry_.failed();
            telemetry::log(
                Level::warning, "waiting for the catalogue",
                {{"reason", error.what()}, {"wait_ms", wait.count()}, {"hint", error.hint()}});
        }
    }
    report();
}

void Keeper::work() {
    if (!connection_) connect();
    if (!version_ || catalogue::catalogue_version(*connection_) != *version_) read_plans();
    renew();
    drop_what_changed();
    if (Clock::system().now() - claimed_at_ >= claim_every) claim();
}

// What hangs here would let the claims expire.
void Keeper::connect() {
    connection_ = database_.connect();
    connection_->query("SET statement_timeout = '4s'");
    catalogue::require_home(*connection_);
    version_.reset();
}

// Of several databases that share the topic's partitions, the first fetches for all.
void Keeper::read_plans() {
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(*connection_);
    plans_.clear();
    for (const catalogue::StoredStream& stream : catalogue.streams) {
        const sql::StreamSource& source = stream.stream.source;
        const bool is_by_hand = !source.is_websocket && source.interval.count() == 0;
        if (source.url.empty() || is_by_hand || stream.share.number != 1 ||
            catalogue.paused_streams.contains(stream.id))
            continue;
        plans_.emplace(stream.id, plan_of(stream));
    }
    version_ = catalogue.version;
}

bool Keeper::runs(int stream) const {
    for (const auto& each : running_)
        if (each->plan().stream == stream) return true;
    return false;
}

// Stops them all at once. Others may have them at once, where they are still ours.
void Keeper::leave(Running& sources, bool is_ours) {
    for (const auto& each : sources)
        each->request_stop();
    for (const auto& each : sources) {
        each->join();
        health_.forget(part_of(each->plan()));
        if (!is_ours || !connection_) continue;
        try {
            catalogue::release_source(*connection_, each->claim(), each->standing().state());
        } catch (const Error& error) {
            connection_.reset();
            telemetry::log(Level::warning, "a claim is left to expire",
                           {{"stream", each->plan().name}, {"reason", error.what()}});
        }
    }
    sources.clear();
}

void Keeper::drop_what_changed() {
    Running changed;
    for (auto each = running_.begin(); each != running_.end();) {
        const auto next = std::next(each);
        const auto plan = plans_.find((*each)->plan().stream);
        if (plan == plans_.end() || plan->second != (*each)->plan())
            changed.splice(changed.end(), running_, each);
        each = next;
    }
    leave(changed, true);
}

// PostgreSQL was away for too long, or this process was frozen: another may have them.
void Keeper::drop_what_expired() {
    Running expired;
    for (auto each = running_.begin(); each != running_.end();) {
        const auto next = std::next(each);
        if (!(*each)->standing().holds()) {
            telemetry::log(Level::warning, "the claim was not renewed in time",
                           {{"stream", (*each)->plan().name}});
            expired.splice(expired.end(), running_, each);
        }
        each = next;
    }
    leave(expired, false);
}

void Keeper::renew() {
    Running lost;
    for (auto each = running_.begin(); each != running_.end();) {
        const auto next = std::next(each);
        RunningSource& source = **each;
        if (source.is_due()) {
            const auto begins = Clock::system().now();
            const auto state = source.standing().state();
            if (catalogue::renew_source(*connection_, source.claim(), state))
                source.renewed(begins, state);
            else
                lost.splice(lost.end(), running_, each);
        }
        each = next;
    }
    for (const auto& each : lost)
        telemetry::log(Level::warning, "another instance has the source",
                       {{"stream", each->plan().name}});
    leave(lost, false);
}

void Keeper::claim() {
    for (const auto& [stream, plan] : plans_) {
        if (runs(stream)) continue;
        const auto begins = Clock::system().now();
        auto claim =
            catalogue::claim_source(*connection_, stream, plan.source.url, settings_.instance);
        if (!claim) continue;
        telemetry::log(Level::info, "has the source",
                       {{"stream", plan.name}, {"source", plan.source.url}});
        running_.push_back(std::make_unique<RunningSource>(plan, *std::move(claim), begins,
                                                           settings_, kafka_, metrics_));
    }
    claimed_at_ = Clock::system().now();
}

void Keeper::report() {
    for (const auto& each : running_) {
        const auto state = each->standing().state();
        if (state.trouble)
            health_.set_degraded(
                part_of(each->plan()),
                "since " + words(state.trouble_since.value_or(WallTime())) + ": " + *state.trouble);
        else
            health_.set_healthy(part_of(each->plan()));
    }
}

}  // namespace tidewheel::source
