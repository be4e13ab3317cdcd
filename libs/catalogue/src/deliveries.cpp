#include "tidewheel/catalogue/deliveries.hpp"

#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::catalogue {
namespace {

using postgres::Connection;
using postgres::Parameter;
using postgres::Row;
using postgres::Transaction;

DeliveryKey key_of(const Row& row) {
    return {static_cast<int>(row.integer(0)), row.text(1)};
}

void read_positions(Connection& connection, Delivery& delivery) {
    for (const Row& row : connection.query(
             "SELECT stream_id, partition, seq, (extract(epoch FROM clock_timestamp() - "
             "failing_since) * 1000)::bigint, note FROM tidewheel.delivery_positions WHERE sink_id "
             "= $1 AND subscriber = $2",
             {std::to_string(delivery.key.sink), delivery.key.subscriber})) {
        DeliveryPosition position{
            {static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1))}, row.integer(2)};
        if (!row.is_null(3)) position.failing_for = std::chrono::milliseconds(row.integer(3));
        position.note = row.text(4);
        delivery.positions.push_back(std::move(position));
    }
}

// The owner stays so until the end of the transaction.
bool commit_step(Transaction& transaction, const DeliveryStep& step) {
    return !transaction
                .query(
                    "WITH owned AS (SELECT FROM tidewheel.deliveries WHERE sink_id = $1::integer "
                    "AND subscriber = $2 AND epoch = $3::bigint FOR SHARE) "
                    "INSERT INTO tidewheel.delivery_positions AS p (sink_id, subscriber, "
                    "stream_id, partition, seq, delivered, delivered_at, failing_since, attempts, "
                    "last_error, note) SELECT $1::integer, $2, $4::integer, $5::integer, "
                    "$7::bigint, $8::bigint, CASE WHEN $8::bigint > 0 THEN clock_timestamp() END, "
                    "CASE WHEN $9 <> '' THEN clock_timestamp() END, ($9 <> '')::integer, "
                    "nullif($9, ''), $10 FROM owned "
                    "ON CONFLICT (sink_id, subscriber, stream_id, partition) DO UPDATE SET seq = "
                    "excluded.seq, delivered = p.delivered + excluded.delivered, delivered_at = "
                    "coalesce(excluded.delivered_at, p.delivered_at), failing_since = CASE WHEN "
                    "$11::boolean THEN excluded.failing_since ELSE "
                    "coalesce(p.failing_since, excluded.failing_since) END, attempts = CASE WHEN "
                    "$11::boolean THEN 0 ELSE p.attempts END + excluded.attempts, "
                    "last_error = CASE WHEN $11::boolean THEN excluded.last_error ELSE "
                    "coalesce(excluded.last_error, p.last_error) END, note = excluded.note WHERE "
                    "p.seq = $6::bigint RETURNING 1",
                    {std::to_string(step.key.sink), step.key.subscriber, std::to_string(step.epoch),
                     std::to_string(step.lane.stream), std::to_string(step.lane.partition),
                     std::to_string(step.from), std::to_string(step.to),
                     std::to_string(step.delivered), step.failure, step.note,
                     step.delivered > 0 || step.recovered ? "true" : "false"})
                .empty();
}

void park(Transaction& transaction, const DeliveryStep& step) {
    for (const ParkedRow& row : step.parked)
        transaction.query(
            "INSERT INTO tidewheel.undelivered (sink_id, subscriber, seq, row_json, reason, "
            "stored_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp() - $6::bigint * interval '1 "
            "ms') ON CONFLICT DO NOTHING",
            {std::to_string(step.key.sink), step.key.subscriber, std::to_string(row.seq),
             row.row_json, step.failure, std::to_string(row.age.count())});
}

// A deletion goes with all that it deletes, so that none of that becomes the newest row.
void compact(Transaction& transaction, const DeliveryStep& step) {
    if (!step.compaction || step.to <= step.from) return;
    const auto& [table, key, deletion, truncation] = *step.compaction;
    const std::string of_lane =
        "o.tidewheel_stream = $1::integer AND o.tidewheel_partition = $2::integer AND ";
    const std::string passed =
        of_lane + "o.tidewheel_seq > $3::bigint AND o.tidewheel_seq <= $4::bigint";
    const std::vector<Parameter> range{std::to_string(step.lane.stream),
                                       std::to_string(step.lane.partition),
                                       std::to_string(step.from), std::to_string(step.to)};
    if (!truncation.empty())
        transaction.query("DELETE FROM " + table + " o WHERE " + of_lane +
                              "o.tidewheel_seq < (SELECT max(o.tidewheel_seq) FROM " + table +
                              " o WHERE " + passed + " AND " + truncation + ")",
                          range);
    // OFFSET 0 keeps the planner from reading all of a large outbox instead of the keys' index.
    const std::string older = "SELECT o.ctid FROM " + table + " o WHERE o." + key +
                              " = p.key AND (o.tidewheel_seq < p.newest OR o.tidewheel_seq = "
                              "p.newest AND (" +
                              deletion + ")) OFFSET 0";
    transaction.query("WITH passed AS (SELECT o." + key +
                          " AS key, max(o.tidewheel_seq) AS newest FROM " + table + " o WHERE " +
                          passed + " GROUP BY 1) DELETE FROM " + table +
                          " WHERE ctid = ANY (ARRAY(SELECT found.ctid FROM passed p CROSS JOIN "
                          "LATERAL (" +
                          older + ") found))",
                      range);
}

const std::string is_of_owner =
    "owner = $1 AND sink_id IN (SELECT id FROM tidewheel.sinks WHERE server = $2)";

// The sink's own row has no name, as has the only subscriber of a sink without a table.
std::string names_of(const StoredSink& sink, const std::vector<NewSubscriber>& subscribers) {
    std::vector<std::string> names;
    for (const NewSubscriber& each : subscribers)
        names.push_back(each.name);
    if (!sink.subscribers_table.empty()) names.emplace_back();
    return postgres::text_array(names);
}

// Of a row of tidewheel.deliveries: it is wanted. $2: names_of(); $3: whether the sink has a table.
constexpr const char* is_wanted =
    "subscriber = ANY ($2::text[]) AND (start_seq < 0) = (subscriber = '' AND $3::boolean)";

std::vector<Parameter> wanted(const StoredSink& sink,
                              const std::vector<NewSubscriber>& subscribers) {
    return {std::to_string(sink.id), names_of(sink, subscribers),
            sink.subscribers_table.empty() ? "false" : "true"};
}

bool are_registered(Transaction& transaction, const StoredSink& sink,
                    const std::vector<NewSubscriber>& subscribers) {
    return transaction
        .query("SELECT count(*) = cardinality($2::text[]) AND coalesce(bool_and(" +
                   std::string(is_wanted) +
                   "), true) FROM tidewheel.deliveries WHERE sink_id = $1::integer",
               wanted(sink, subscribers))
        .at(0)
        .boolean(0);
}

// {streams, partitions, numbers}: arguments of unnest.
std::vector<Parameter> arrays_of(const LaneEnds& ends) {
    std::vector<std::int64_t> streams, partitions, numbers;
    for (const auto& [lane, last] : ends) {
        streams.push_back(lane.stream);
        partitions.push_back(lane.partition);
        numbers.push_back(last);
    }
    return {postgres::id_array(streams), postgres::id_array(partitions),
            postgres::id_array(numbers)};
}

// Those that are new get the rows behind `before`. What is noted may be older, if this service has
// just begun, or newer, if another one has read.
void replace_subscribers(Transaction& transaction, const StoredSink& sink,
                         const std::vector<NewSubscriber>& subscribers, const LaneEnds& before) {
    std::vector<Parameter> values = wanted(sink, subscribers);
    transaction.query("DELETE FROM tidewheel.deliveries WHERE sink_id = $1::integer AND NOT (" +
                          std::string(is_wanted) + ")",
                      values);
    std::vector<std::string> at_the_end;
    for (const NewSubscriber& each : subscribers)
        if (!each.from_beginning) at_the_end.push_back(each.name);
    values.emplace_back(postgres::text_array(at_the_end));
    for (Parameter& array : arrays_of(before))
        values.push_back(std::move(array));
    transaction.query(
        "WITH added AS (INSERT INTO tidewheel.deliveries (sink_id, subscriber, start_seq) SELECT "
        "$1::integer, n, CASE WHEN n = '' AND $3::boolean THEN -1 ELSE 0 END FROM "
        "unnest($2::text[]) n ON CONFLICT DO NOTHING RETURNING subscriber), known AS (SELECT "
        "stream_id, partition, seq FROM tidewheel.delivery_positions WHERE sink_id = $1::integer "
        "AND subscriber = '' UNION ALL SELECT * FROM unnest($5::integer[], $6::integer[], "
        "$7::bigint[])) INSERT INTO tidewheel.delivery_positions (sink_id, subscriber, stream_id, "
        "partition, seq) SELECT $1::integer, a.subscriber, k.stream_id, k.partition, max(k.seq) "
        "FROM added a CROSS JOIN known k WHERE a.subscriber = ANY ($4::text[]) GROUP BY 2, 3, 4",
        values);
}

// Rows in these lanes up to here have met all subscribers that they are for.
void note_reading(Transaction& transaction, const StoredSink& sink, const LaneEnds& ends) {
    std::vector<Parameter> values{std::to_string(sink.id)};
    for (Parameter& array : arrays_of(ends))
        values.push_back(std::move(array));
    transaction.query(
        "INSERT INTO tidewheel.delivery_positions AS p (sink_id, subscriber, stream_id, partition, "
        "seq) SELECT $1::integer, '', e.* FROM unnest($2::integer[], $3::integer[], $4::bigint[]) "
        "AS e (stream_id, partition, seq) WHERE NOT EXISTS (SELECT FROM "
        "tidewheel.delivery_positions k WHERE k.sink_id = $1::integer AND k.subscriber = '' AND "
        "k.stream_id = e.stream_id AND k.partition = e.partition AND k.seq >= e.seq) ON CONFLICT "
        "(sink_id, subscriber, stream_id, partition) DO UPDATE SET seq = excluded.seq",
        values);
}

}  // namespace

void register_subscribers(Connection& connection, const StoredSink& sink, const LanesRead& lanes,
                          bool note,
                          const std::function<std::vector<NewSubscriber>(Transaction&)>& read) {
    Transaction transaction(connection);
    transaction.query(
        "SELECT pg_advisory_xact_lock(hashtextextended('tidewheel subscribers ' || "
        "$1, 0))",
        {std::to_string(sink.id)});
    const std::vector<NewSubscriber> subscribers = read(transaction);
    if (!are_registered(transaction, sink, subscribers))
        replace_subscribers(transaction, sink, subscribers, lanes.before);
    if (note && !sink.subscribers_table.empty()) note_reading(transaction, sink, lanes.now);
    transaction.commit();
}

std::vector<Delivery> claim_deliveries(Connection& connection, const DeliveryOwner& owner,
                                       const std::vector<int>& sinks) {
    std::vector<Delivery> claimed;
    for (const Row& row : connection.query(
             "UPDATE tidewheel.deliveries d SET owner = $1, epoch = nextval('tidewheel.epoch'), "
             "seen_at = clock_timestamp() FROM (SELECT sink_id, subscriber FROM "
             "tidewheel.deliveries WHERE sink_id = ANY ($2::integer[]) AND " +
                 std::string(is_subscriber) +
                 " AND (owner IS NULL OR seen_at < clock_timestamp() - interval '10 s') FOR NO KEY "
                 "UPDATE SKIP LOCKED) free "
                 "WHERE d.sink_id = free.sink_id AND d.subscriber = free.subscriber RETURNING "
                 "d.sink_id, d.subscriber, d.epoch, d.start_seq",
             {owner.instance, postgres::id_array(sinks)}))
        claimed.push_back({key_of(row), row.integer(2), row.integer(3), {}});
    for (Delivery& each : claimed)
        read_positions(connection, each);
    return claimed;
}

std::vector<Kept> keep_deliveries(Connection& connection, const DeliveryOwner& owner) {
    std::vector<Kept> kept;
    for (const Row& row :
         connection.query("UPDATE tidewheel.deliveries SET seen_at = clock_timestamp() WHERE " +
                              is_of_owner + " RETURNING sink_id, subscriber, epoch",
                          {owner.instance, owner.server}))
        kept.push_back({key_of(row), row.integer(2)});
    return kept;
}

void release_deliveries(Connection& connection, const DeliveryOwner& owner) {
    connection.query(
        "UPDATE tidewheel.deliveries SET owner = NULL, seen_at = NULL WHERE " + is_of_owner,
        {owner.instance, owner.server});
}

std::vector<bool> commit_deliveries(Connection& connection,
                                    const std::vector<DeliveryStep>& steps) {
    Transaction transaction(connection);
    std::vector<bool> ours;
    for (const DeliveryStep& step : steps) {
        ours.push_back(commit_step(transaction, step));
        if (!ours.back()) continue;
        park(transaction, step);
        compact(transaction, step);
    }
    transaction.commit();
    return ours;
}

std::vector<Redelivery> redeliveries(Connection& connection, const std::string& owner, int most) {
    std::vector<Redelivery> rows;
    for (const Row& row : connection.query(
             "SELECT sink_id, subscriber, u.id, u.seq, u.row_json FROM tidewheel.undelivered u "
             "JOIN tidewheel.deliveries d USING (sink_id, subscriber) JOIN tidewheel.sinks s ON "
             "s.id = sink_id WHERE d.owner = $1 AND s.paused_at IS NULL AND "
             "u.redrive_at IS NOT NULL ORDER BY u.redrive_at, u.seq LIMIT $2",
             {owner, std::to_string(most)}))
        rows.push_back({key_of(row), row.integer(2), row.integer(3), row.text(4)});
    return rows;
}

void end_redelivery(Connection& connection, std::int64_t id, const std::string& reason) {
    if (reason.empty())
        connection.query("DELETE FROM tidewheel.undelivered WHERE id = $1", {std::to_string(id)});
    else
        connection.query(
            "UPDATE tidewheel.undelivered SET redrive_at = NULL, reason = $2 WHERE id = $1",
            {std::to_string(id), reason});
}

void forgive_failures(Transaction& transaction, int sink) {
    transaction.query(
        "UPDATE tidewheel.delivery_positions SET failing_since = NULL, attempts = 0, last_error = "
        "NULL WHERE sink_id = $1 AND failing_since IS NOT NULL",
        {std::to_string(sink)});
}

std::size_t request_redelivery(Transaction& transaction, int sink,
                               const std::optional<std::string>& subscriber) {
    return transaction
        .query(
            "UPDATE tidewheel.undelivered SET redrive_at = coalesce(redrive_at, now()) WHERE "
            "sink_id = $1 AND ($2::text IS NULL OR subscriber = $2)",
            {std::to_string(sink), subscriber})
        .affected;
}

}  // namespace tidewheel::catalogue
