#include "tidewheel/catalogue/sinks.hpp"

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::catalogue {
namespace {

using postgres::Parameter;
using postgres::Row;
using postgres::Transaction;

Parameter given(const std::string& text) {
    return text.empty() ? Parameter() : Parameter(text);
}

StoredSink read_sink(const Row& row) {
    StoredSink stored;
    stored.id = static_cast<int>(row.integer(0));
    stored.uid = row.text(1);
    auto statement = sql::parse_statement(row.text(4), {});
    if (auto* stream = std::get_if<sql::Stream>(&statement.body)) {
        stream->name = {row.text(9), row.text(10)};
        stored.sink.server = "kafka";
        stored.stream = std::move(*stream);
    } else {
        stored.sink = std::get<sql::PlainStatement>(statement.body).sink.value();
    }
    stored.sink.name = {row.text(2), row.text(3)};
    stored.subscribers_table = row.text_or(5, "");
    if (!row.is_null(6)) stored.retry_for = std::chrono::milliseconds(row.integer(6));
    stored.keep = std::chrono::milliseconds(row.integer(7));
    stored.is_paused = row.boolean(8);
    return stored;
}

}  // namespace

// Rows come and go: without its own figures autovacuum would wait for a fifth of the table.
void make_outbox(Transaction& transaction, const sql::RelationName& name) {
    const std::string table = name.quoted();
    transaction.run(
        "ALTER TABLE " + table +
        " ADD COLUMN tidewheel_seq bigint GENERATED ALWAYS AS IDENTITY,"
        " ADD COLUMN tidewheel_stream integer NOT NULL DEFAULT tidewheel.lane_stream(),"
        " ADD COLUMN tidewheel_partition integer NOT NULL DEFAULT tidewheel.lane_partition(),"
        " ADD COLUMN tidewheel_stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
        " SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,"
        " autovacuum_vacuum_insert_threshold = -1); CREATE INDEX ON " +
        table +
        " (tidewheel_stream, tidewheel_partition, tidewheel_seq); CREATE TRIGGER "
        "tidewheel_lock_lane BEFORE INSERT ON " +
        table + " FOR EACH STATEMENT EXECUTE FUNCTION tidewheel.lock_outbox_lane()");
}

void record_sink(Transaction& transaction, const std::string& object, const sql::RelationName& name,
                 const sql::Sink& sink, const std::string& subscribers_table) {
    transaction.query(
        "INSERT INTO tidewheel.sinks (object, schema_name, name, server, subscribers, retry_for, "
        "keep) VALUES ($1, $2, $3, $4, $5, $6::interval, coalesce($7::interval, '0')) ON CONFLICT "
        "(object) DO UPDATE SET subscribers = excluded.subscribers, retry_for = "
        "excluded.retry_for, keep = excluded.keep",
        {object, name.schema, name.name, sink.server, given(subscribers_table),
         given(sink.option("retry_for")), given(sink.option("keep"))});
}

void record_sink_of_stream(Transaction& transaction, int stream, const sql::RelationName& outbox) {
    transaction.query(
        "INSERT INTO tidewheel.sinks (stream_id, schema_name, name, server) VALUES ($1, $2, $3, "
        "'kafka')",
        {std::to_string(stream), outbox.schema, outbox.name});
}

std::vector<StoredSink> read_sinks(postgres::Connection& connection) {
    std::vector<StoredSink> sinks;
    for (const Row& row : connection.query(
             "SELECT s.id, s.uid, s.schema_name, s.name, coalesce(o.text, t.text), s.subscribers, "
             "(extract(epoch FROM s.retry_for) * 1000)::bigint, (extract(epoch FROM s.keep) * "
             "1000)::bigint, s.paused_at IS NOT NULL, t.schema_name, t.name FROM tidewheel.sinks s "
             "LEFT JOIN tidewheel.objects o USING (object) LEFT JOIN tidewheel.streams t ON t.id = "
             "s.stream_id ORDER BY s.id"))
        sinks.push_back(read_sink(row));
    return sinks;
}

std::string drop_outbox(const sql::RelationName& name) {
    return "DROP TABLE IF EXISTS " + name.quoted();
}

std::optional<int> find_sink(Transaction& transaction, const std::string& object) {
    const postgres::Rows found =
        transaction.query("SELECT id FROM tidewheel.sinks WHERE object = $1", {object});
    return found.empty() ? std::nullopt : std::optional(static_cast<int>(found[0].integer(0)));
}

std::optional<int> find_sink_of_stream(Transaction& transaction, int stream) {
    const postgres::Rows found = transaction.query(
        "SELECT id FROM tidewheel.sinks WHERE stream_id = $1", {std::to_string(stream)});
    return found.empty() ? std::nullopt : std::optional(static_cast<int>(found[0].integer(0)));
}

bool record_sink_pause(Transaction& transaction, int sink, bool is_paused) {
    return transaction
               .query("UPDATE tidewheel.sinks SET paused_at = " +
                          std::string(is_paused ? "now()" : "NULL") +
                          " WHERE id = $1 AND (paused_at IS NULL) = $2::boolean",
                      {std::to_string(sink), is_paused ? "t" : "f"})
               .affected == 1;
}

bool is_sink(Transaction& transaction, const sql::RelationName& table) {
    return !transaction
                .query("SELECT FROM tidewheel.sinks WHERE schema_name = $1 AND name = $2",
                       {table.schema, table.name})
                .empty();
}

// From the last lane to the first: each step lands at the end of the next lane's rows, and not
// where rows were deleted.
std::string select_lane_ends(const sql::RelationName& outbox) {
    const std::string one =
        "SELECT o.tidewheel_stream, o.tidewheel_partition, o.tidewheel_seq FROM " +
        outbox.quoted() + " o ";
    const std::string last =
        "ORDER BY o.tidewheel_stream DESC, o.tidewheel_partition DESC, o.tidewheel_seq DESC LIMIT "
        "1";
    return "WITH RECURSIVE ends AS ((" + one + last +
           ") UNION ALL SELECT n.* FROM ends CROSS JOIN LATERAL (" + one +
           "WHERE (o.tidewheel_stream, o.tidewheel_partition) < (ends.tidewheel_stream, "
           "ends.tidewheel_partition) " +
           last + ") n) SELECT * FROM ends";
}

std::string select_waiting(const sql::RelationName& outbox) {
    return "SELECT o.tidewheel_stored_at FROM tidewheel.deliveries d CROSS JOIN (" +
           select_lane_ends(outbox) +
           ") e LEFT JOIN tidewheel.delivery_positions p ON p.sink_id = d.sink_id AND p.subscriber "
           "= d.subscriber AND p.stream_id = e.tidewheel_stream AND p.partition = "
           "e.tidewheel_partition JOIN " +
           outbox.quoted() +
           " o ON o.tidewheel_stream = e.tidewheel_stream AND o.tidewheel_partition = "
           "e.tidewheel_partition AND o.tidewheel_seq > coalesce(p.seq, d.start_seq) WHERE "
           "d.sink_id = $1::integer AND d.subscriber = $2";
}

// Unlike other outboxes, it is not vacuumed whenever so many rows have come and gone.
void keep_newest(Transaction& transaction, const sql::RelationName& outbox,
                 const std::string& key) {
    const std::string table = outbox.quoted(), column = postgres::quote_name(key);
    transaction.run("ALTER TABLE " + table + " ALTER COLUMN " + column +
                    " SET NOT NULL, SET (autovacuum_vacuum_scale_factor = 0.05); CREATE INDEX ON " +
                    table + " (" + column + ")");
}

std::string set_lane(const std::string& stream, const std::string& partition) {
    return "set_config('tidewheel.stream', " + stream +
           ", true), set_config('tidewheel.partition', " + partition + ", true)";
}

}  // namespace tidewheel::catalogue
