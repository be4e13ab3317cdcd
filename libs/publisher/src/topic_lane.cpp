#include "topic_lane.hpp"

#include <array>

#include "record.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::publisher {
namespace {

using delivery::Delivered;
using delivery::OutboxRow;
using telemetry::Level;

constexpr int by_the_key = -1;
constexpr int longest_wait = 15;  // seconds for Kafka; then it is told, and tried again
constexpr std::string_view id_header = "tidewheel-id";
// Noted with the position in PostgreSQL: Kafka has had one, too.
constexpr const char* was_sent = "sent";

struct Stopped {};

// Two rows of one number are two rows if they were not stored at the same time: the database was
// restored from a backup in between.
kafka::WrittenPosition position_of(const OutboxRow& row) {
    return {row.seq, std::to_string(row.stored_at.time_since_epoch().count())};
}

}  // namespace

TopicLane::TopicLane(const kafka::ClientSettings& kafka, kafka::WriterIdentity identity,
                     std::string uid, const delivery::Place& place)
    : kafka_(kafka),
      identity_(std::move(identity)),
      uid_(std::move(uid)),
      seq_(place.seq),
      note_(place.note),
      is_redelivery_(place.lane == delivery::redelivery_lane) {}

Delivered TopicLane::deliver(Rows rows, std::stop_token stop) {
    Delivered done;
    waited_ = 0;
    try {
        if (!writer_) open(stop);
        rows = without_sent(rows, done);
        if (!rows.empty()) send(rows, done, stop);
    } catch (const Stopped&) {
        writer_.reset();
    } catch (const kafka::RecordTooLarge& error) {
        writer_.reset();
        done.failure = delivery::Failure{error.what(), {}, true};
    } catch (const Error& error) {
        writer_.reset();
        done.failure = delivery::Failure{error.what()};
    }
    return done;
}

// Called about every second.
void TopicLane::await_kafka(const std::stop_token& stop) {
    if (stop.stop_requested()) throw Stopped();
    if (++waited_ > longest_wait)
        throw Error(Error::Kind::unavailable, "topic " + identity_.topic + ": Kafka doesn't answer",
                    "Check that the brokers run and can be reached from here.");
}

void TopicLane::open(const std::stop_token& stop) {
    writer_ = std::make_unique<kafka::TransactionalWriter>(kafka_, identity_,
                                                           [this, stop] { await_kafka(stop); });
    const auto position = writer_->open();
    sent_.reset();
    if (position && position->number > seq_) sent_ = position;
    if (!position && note_ == was_sent)
        telemetry::log(
            Level::warning,
            "Kafka has no position any more: the topic was created again, or nothing "
            "was sent for longer than offsets.retention.minutes",
            {{"topic", identity_.topic}, {"group", identity_.group}, {"goes_on_after_row", seq_}});
}

// Rows that Kafka has, and PostgreSQL has not been told so. They are all there, as nothing is
// deleted before it is; and all among the first that a new destination is given, as they were given
// to the former one in one call.
TopicLane::Rows TopicLane::without_sent(Rows rows, Delivered& done) {
    if (!sent_) return rows;
    std::size_t i = 0;
    while (i < rows.size() && rows[i].seq < sent_->number)
        ++i;
    const bool is_there = i < rows.size() && rows[i].seq == sent_->number &&
                          (is_redelivery_ || position_of(rows[i]) == *sent_);
    if (!is_there)
        throw Error(
            Error::Kind::refused,
            "row " + std::to_string(sent_->number) + " is in topic " + identity_.topic +
                ", but not in this database, which is older (Kafka's position is in group " +
                identity_.group + ")");
    done.through = sent_->number;
    done.note = was_sent;
    sent_.reset();
    return rows.subspan(i + 1);
}

// Kafka may say only of all records that one is too large: then of half of them, until it is one.
void TopicLane::send(Rows rows, Delivered& done, const std::stop_token& stop) {
    while (!rows.empty()) {
        Rows next = rows;
        for (bool is_sent = false; !is_sent;)
            try {
                send_some(next, stop);
                is_sent = true;
            } catch (const kafka::RecordTooLarge&) {
                writer_.reset();
                if (next.size() == 1) throw;
                next = next.first(next.size() / 2);
            }
        done.through = next.back().seq;
        done.note = was_sent;
        rows = rows.subspan(next.size());
    }
}

void TopicLane::send_some(Rows rows, const std::stop_token& stop) {
    if (!writer_) open(stop);
    writer_->begin();
    for (const OutboxRow& row : rows)
        send(row);
    failpoint("before_commit");
    writer_->commit(position_of(rows.back()));
    failpoint("after_commit");
}

void TopicLane::send(const OutboxRow& row) {
    const Record record = read_record(row.json);
    const std::string id = uid_ + "_" + std::to_string(row.seq);
    const std::array headers{std::pair<std::string_view, std::string_view>{id_header, id}};
    std::optional<std::string_view> key;
    if (record.key) key = *record.key;
    writer_->send(identity_.topic, {by_the_key, key, record.value, headers});
}

}  // namespace tidewheel::publisher
