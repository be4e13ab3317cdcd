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
    stored.sink = std::get<sql::PlainStatement>(statement.body).sink.value();
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

std::vector<StoredSink> read_sinks(postgres::Connection& connection) {
    std::vector<StoredSink> sinks;
    for (const Row& row : connection.query(
             "SELECT s.id, s.uid, s.schema_name, s.name, o.text, s.subscribers, (extract(epoch "
             "FROM s.retry_for) * 1000)::bigint, (extract(epoch FROM s.keep) * 1000)::bigint, "
             "s.paused_at IS NOT NULL FROM tidewheel.sinks s JOIN tidewheel.objects o USING "
             "(object) ORDER BY s.id"))
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

std::string set_lane(const std::string& stream, const std::string& partition) {
    return "set_config('tidewheel.stream', " + stream +
           ", true), set_config('tidewheel.partition', " + partition + ", true)";
}

}  // namespace tidewheel::catalogue
