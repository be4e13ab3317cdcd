#include "attempt.hpp"

#include "snapshot.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::changefeed {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;

constexpr auto confirm_every = 1s;
constexpr auto long_wait = 5s;
// Kafka forgets the offsets of a group without members after offsets.retention.minutes.
constexpr auto refresh_every = 1h;
constexpr std::string_view object_in_use = "55006";

std::optional<Position> read(const std::optional<kafka::WrittenPosition>& written,
                             const FeedPlan& plan) {
    if (!written) return std::nullopt;
    const auto position = Position::parse(written->text);
    if (!position)
        throw Error(Error::Kind::refused,
                    "the position of stream " + plan.label + " can't be read: " + written->text,
                    "A newer version may have written it.");
    return position;
}

}  // namespace

Attempt::Attempt(const Surroundings& surroundings, std::stop_token stop)
    : with_(surroundings),
      stop_(std::move(stop)),
      replication_(with_.settings.database, "tidewheel-changefeed"),
      writer_(with_.kafka,
              writer_of(with_.plan, with_.settings.group, replication_.system_identifier()),
              [this] { await_kafka(); }),
      batch_(writer_, with_.plan.topic, with_.metrics),
      envelope_(with_.plan.label, with_.plan.database,
                [this](auto key, auto value) { batch_.send(key, value); }) {}

void Attempt::run() {
    const auto position = read(writer_.open(), with_.plan);
    const auto slot = catalogue::find_slot(with_.ownership.connection(), with_.plan.slot);
    stream(choose_beginning(position, slot, with_.plan) == Beginning::snapshot ? take_snapshot()
                                                                               : *position);
}

// Called about every second wherever something is awaited.
void Attempt::keep_alive() {
    if (stop_.stop_requested()) throw Stopped();
    with_.seen();
    if (!in_snapshot_ && with_.ownership.beat()) look_at_slot();
    const auto now = Clock::system().now();
    if (streaming_ && now - confirmed_at_ >= confirm_every) {
        streaming_->confirm();
        confirmed_at_ = now;
    }
}

void Attempt::await_kafka() {
    keep_alive();
    if (waits_for_kafka_ || Clock::system().now() - progress_at_ < long_wait) return;
    waits_for_kafka_ = true;
    with_.waits_for_kafka();
}

void Attempt::note_progress() {
    progress_at_ = Clock::system().now();
    if (std::exchange(waits_for_kafka_, false)) with_.well();
}

void Attempt::look_at_slot() {
    if (const auto slot = catalogue::find_slot(with_.ownership.connection(), with_.plan.slot))
        with_.metrics.set_behind(slot->behind);
}

// That it is under way is known before there is a slot: what a slot without a position means is
// clear then.
Position Attempt::take_snapshot() {
    batch_.commit({true, 0, 0});
    catalogue::drop_slot(with_.ownership.connection(), with_.plan.slot);
    const auto slot = replication_.create_slot(with_.plan.slot);
    failpoint("after_change");
    telemetry::log(
        Level::info, "snapshot begins",
        {{"stream", with_.plan.label}, {"lsn", postgres::lsn_text(slot.consistent_point)}});
    in_snapshot_ = true;
    send_snapshot(with_.ownership.connection(),
                  {with_.plan.table, slot.snapshot, slot.consistent_point}, envelope_, batch_,
                  [this] {
                      note_progress();
                      keep_alive();
                  });
    in_snapshot_ = false;
    const Position position{false, slot.consistent_point, 0};
    batch_.commit(position);
    telemetry::log(Level::info, "snapshot is complete", {{"stream", with_.plan.label}});
    return position;
}

// The former owner's backend may still be there: nothing that its service does counts any more.
void Attempt::start_streaming() {
    while (true) {
        try {
            return replication_.start(with_.plan.slot, with_.plan.publication);
        } catch (const postgres::DatabaseError& error) {
            if (error.sqlstate() != object_in_use) throw;
        }
        const auto slot = catalogue::find_slot(with_.ownership.connection(), with_.plan.slot);
        if (slot && slot->used_by)
            with_.ownership.connection().query("SELECT pg_terminate_backend($1::int)",
                                               {std::to_string(*slot->used_by)});
        keep_alive();
        wait_for(stop_, 100ms);
    }
}

void Attempt::stream(Position from) {
    start_streaming();
    telemetry::log(Level::info, "streams changes",
                   {{"stream", with_.plan.label}, {"from", from.text()}});
    with_.well();
    ChangeStream changes(replication_, envelope_, batch_, from, [this](const Relation& relation) {
        postgres::Transaction transaction(with_.ownership.connection());
        return shape_of(relation, read_facts(transaction, relation));
    });
    streaming_ = &changes;
    auto refreshed_at = Clock::system().now();
    while (true) {
        changes.step();
        note_progress();
        keep_alive();
        if (const auto now = Clock::system().now(); now - refreshed_at > refresh_every) {
            changes.refresh_position();
            refreshed_at = now;
        }
    }
}

}  // namespace tidewheel::changefeed
