#include "feed.hpp"

#include "attempt.hpp"
#include "tidewheel/postgres/sqlstate.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::changefeed {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;

constexpr auto look_every = 500ms;

std::string hint_of(const Error& error, const FeedPlan& plan) {
    const auto* refusal = dynamic_cast<const postgres::DatabaseError*>(&error);
    if (refusal && refusal->sqlstate() == postgres::sqlstate::insufficient_privilege)
        return "The role of the service needs the attribute REPLICATION (ALTER ROLE … "
               "REPLICATION) and SELECT on table " +
               plan.table.text() + ".";
    return error.hint();
}

}  // namespace

Beginning choose_beginning(const std::optional<Position>& position,
                           const std::optional<catalogue::SlotState>& slot, const FeedPlan& plan) {
    const std::string again = "`tidewheel snapshot " + plan.label +
                              "` begins again, with all rows of the table: a delete that was "
                              "missed is then missing.";
    if (position && position->in_snapshot) return Beginning::snapshot;
    if (!position && !slot) return Beginning::snapshot;
    if (!position)
        throw Error(Error::Kind::refused,
                    "Kafka has lost the position of stream " + plan.label +
                        ": its topic was deleted, or its consumer group",
                    again);
    if (!slot)
        throw Error(Error::Kind::refused,
                    "replication slot " + plan.slot + " of stream " + plan.label +
                        " is gone, and with it the changes since then",
                    again);
    if (slot->is_lost)
        throw Error(Error::Kind::refused,
                    "replication slot " + plan.slot + " of stream " + plan.label +
                        " has lost WAL that it needed (max_slot_wal_keep_size)",
                    again);
    return Beginning::changes;
}

Feed::Feed(const Settings& settings, const kafka::ClientSettings& kafka, FeedPlan plan,
           telemetry::Metrics& metrics, telemetry::Health& health)
    : settings_(settings),
      kafka_(kafka),
      plan_(std::move(plan)),
      part_("stream " + plan_.label),
      metrics_(metrics, plan_.label),
      health_(health),
      ownership_(settings.database, plan_.stream),
      retry_({.first = 200ms, .longest = settings.retry_longest}) {
    // Before anybody asks: the service is not ready until its feeds are.
    health_.set_degraded(part_, "has not begun");
    thread_ = std::jthread([this](const std::stop_token& stop) {
        try {
            run(stop);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            failure_ = std::current_exception();
        }
    });
}

Feed::~Feed() {
    thread_.request_stop();
    thread_.join();
    metrics_.forget_behind();
    health_.forget(part_);
}

Clock::Monotonic Feed::look() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
    return seen_at_;
}

void Feed::run(const std::stop_token& stop) {
    do {
        seen_at_ = Clock::system().now();
        if (!retry_.is_due()) continue;
        try {
            if (ownership_.try_to_take()) {
                plan_.is_paused ? rest(stop) : attempt(stop);
            } else {
                health_.set_healthy(part_);  // it is another service's
                metrics_.stopped.set(0);
            }
        } catch (const Stopped&) {
            return;
        } catch (const Error& error) {
            failed(error);
        }
    } while (wait_for(stop, look_every));
}

void Feed::attempt(const std::stop_token& stop) {
    const Attempt::Surroundings surroundings{settings_,
                                             kafka_,
                                             plan_,
                                             ownership_,
                                             metrics_,
                                             [this] { seen_at_ = Clock::system().now(); },
                                             [this] {
                                                 retry_.succeeded();
                                                 metrics_.stopped.set(0);
                                                 metrics_.broker_up.set(1);
                                                 health_.set_healthy(part_);
                                             },
                                             [this] {
                                                 metrics_.broker_up.set(0);
                                                 health_.set_degraded(part_,
                                                                      "Kafka does not answer");
                                             }};
    Attempt(surroundings, stop).run();
}

// Paused: the slot keeps the place, and holds back write-ahead log meanwhile.
void Feed::rest(const std::stop_token& stop) {
    health_.set_healthy(part_);
    metrics_.stopped.set(0);
    do {
        seen_at_ = Clock::system().now();
        if (!ownership_.beat()) continue;
        if (const auto slot = catalogue::find_slot(ownership_.connection(), plan_.slot))
            metrics_.set_behind(slot->behind);
        retry_.succeeded();
    } while (wait_for(stop, look_every));
}

void Feed::failed(const Error& error) {
    if (error.kind() == Error::Kind::setting) throw;
    ownership_.release();
    metrics_.forget_behind();
    metrics_.stopped.set(error.kind() == Error::Kind::refused ? 1 : 0);
    health_.set_degraded(part_, error.what());
    const auto wait = *retry_.failed();
    telemetry::log(Level::warning, "the changes of a table are not sent",
                   {{"stream", plan_.label},
                    {"reason", error.what()},
                    {"wait_ms", wait.count()},
                    {"hint", hint_of(error, plan_)}});
}

}  // namespace tidewheel::changefeed
