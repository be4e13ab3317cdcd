#include "tidewheel/catalogue/dead_letters.hpp"

#include <algorithm>

#include "tidewheel/codec/headers_json.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::catalogue {
namespace {

// $1: the topic. $2, $3: the readings that are in the new one.
const std::string of_old_topic =
    " FROM tidewheel.dead_letters d WHERE topic = $1 AND NOT EXISTS (SELECT FROM "
    "unnest($2::integer[], $3::integer[]) AS i(statement, part) WHERE i.statement = ANY "
    "(d.missed_by) AND i.part = d.partition)";

std::string as_text(std::string_view bytes) {
    return codec::is_text(bytes) ? std::string(bytes) : "\\x" + to_hex(bytes);
}

// The memory of a record that was read from the table.
struct Stored {
    struct Header {
        std::string name;
        std::optional<std::string> value;
    };
    std::optional<std::string> key, value;
    std::vector<Header> headers;
};

std::optional<std::string> bytes_of(const std::optional<std::string>& digits) {
    return digits ? std::optional(from_hex(*digits)) : std::nullopt;
}

void read_headers(const void* owner, std::vector<engine::Header>& to) {
    for (const Stored::Header& header : static_cast<const Stored*>(owner)->headers)
        to.push_back({header.name, header.value});
}

std::vector<Stored::Header> parse_headers(const std::string& json) {
    std::vector<Stored::Header> headers;
    const auto all = codec::Json::parse(json);
    if (!all || !all->is_array()) return headers;
    for (const codec::Json& each : all->items()) {
        const codec::Json* value = each.find("value");
        headers.push_back({codec::header_bytes(each.find("name")->string()), {}});
        if (value->is_string()) headers.back().value = codec::header_bytes(value->string());
    }
    return headers;
}

}  // namespace

std::string DeadLetters::setup() {
    return "CREATE TEMP TABLE tidewheel_parked (statement_id integer, \"offset\" bigint, "
           "record_time timestamptz, key bytea,"
           " headers jsonb, payload bytea, reason text, detail text, column_name text) ON COMMIT "
           "DELETE ROWS;\n";
}

void DeadLetters::park(const engine::Record& record, int statement, engine::Reject reject) {
    parked_.push_back({&record, statement, std::move(reject)});
}

void DeadLetters::encode(const Parked& parked) {
    const engine::Record& record = *parked.record;
    const auto optional = [&](const std::optional<std::string_view>& bytes) {
        bytes ? encoder_.bytes(*bytes) : encoder_.null();
    };
    encoder_.row(9);
    parked.statement == stream_rules ? encoder_.null() : encoder_.int32(parked.statement);
    encoder_.int64(record.offset);
    encoder_.optional_int64(engine::postgres_time(record.timestamp));
    optional(record.key);
    encoder_.jsonb(codec::headers_json(record.headers()));
    optional(record.value);
    encoder_.bytes(engine::name(parked.reject.reason));
    encoder_.bytes(as_text(parked.reject.detail));
    parked.reject.column.empty() ? encoder_.null() : encoder_.bytes(parked.reject.column);
}

void DeadLetters::stage(postgres::Session& session) {
    if (staged_ == parked_.size()) return;
    encoder_.begin();
    for (; staged_ < parked_.size(); ++staged_)
        encode(parked_[staged_]);
    encoder_.finish();
    session.copy("COPY pg_temp.tidewheel_parked FROM STDIN (FORMAT binary)", encoder_.payload());
}

std::vector<engine::Reason> DeadLetters::store(postgres::Session& session, int stream,
                                               const std::string& topic, int partition,
                                               std::vector<int> statements) {
    if (parked_.empty()) return {};
    stage(session);
    std::sort(statements.begin(), statements.end());
    session.run(
        "INSERT INTO tidewheel.dead_letters AS d (stream_id, statement_id, topic, partition, "
        "\"offset\", record_time, key,"
        " headers, payload, reason, detail, column_name, record_hash, missed_by) SELECT " +
        std::to_string(stream) + ", statement_id, " + postgres::quote_literal(topic) + ", " +
        std::to_string(partition) +
        ", \"offset\", record_time, key, headers, payload, reason, detail, column_name, "
        "tidewheel.record_hash(record_time, key, payload), CASE WHEN "
        "statement_id IS NULL THEN " +
        "'" + postgres::id_array(statements) +
        "'::integer[] ELSE ARRAY[statement_id] END FROM pg_temp.tidewheel_parked ORDER BY "
        "\"offset\" ON "
        "CONFLICT "
        "(stream_id, topic, partition, \"offset\", statement_id, record_hash) DO UPDATE SET "
        "missed_by = ARRAY(SELECT "
        "DISTINCT "
        "m FROM unnest(d.missed_by || excluded.missed_by) m ORDER BY 1) WHERE NOT d.missed_by @> "
        "excluded.missed_by");
    std::vector<engine::Reason> reasons;
    for (const Parked& each : parked_)
        reasons.push_back(each.reject.reason);
    return reasons;
}

engine::Record read_record(const postgres::Row& row, std::size_t first) {
    auto stored = std::make_unique<Stored>(Stored{bytes_of(row.field(first + 3)),
                                                  bytes_of(row.field(first + 5)),
                                                  parse_headers(row.text_or(first + 4, "[]"))});
    engine::Record record;
    record.partition = static_cast<int>(row.integer(first));
    record.offset = row.integer(first + 1);
    record.timestamp = row.integer(first + 2);
    if (stored->key) record.key = *stored->key;
    if (stored->value) record.value = *stored->value;
    record.read_headers = read_headers;
    record.owner = {stored.release(), [](void* owner) { delete static_cast<Stored*>(owner); }};
    return record;
}

void forget_missed(postgres::Transaction& transaction, int statement, const std::string& topic,
                   int partition, std::int64_t from) {
    const std::string letters =
        " WHERE stream_id = (SELECT stream_id FROM tidewheel.statements WHERE id = $4::integer) "
        "AND topic = $1 AND partition = $2::integer AND \"offset\" >= $3::bigint AND ";
    const std::vector<postgres::Parameter> place{topic, std::to_string(partition),
                                                 std::to_string(from), std::to_string(statement)};
    transaction.query(
        "UPDATE tidewheel.dead_letters SET missed_by = array_remove(missed_by, $4::integer)" +
            letters + "missed_by @> ARRAY[$4::integer]",
        place);
    transaction.query(
        "DELETE FROM tidewheel.dead_letters" + letters +
            "(statement_id = $4::integer OR missed_by = '{}' AND discarded_at IS NULL)",
        place);
}

void forget_missed(postgres::Transaction& transaction, int statement) {
    const std::vector<postgres::Parameter> it{std::to_string(statement)};
    transaction.query("DELETE FROM tidewheel.dead_letters WHERE statement_id = $1", it);
    transaction.query(
        "UPDATE tidewheel.dead_letters SET missed_by = array_remove(missed_by, $1::integer) WHERE "
        "missed_by @> ARRAY[$1::integer]",
        it);
    transaction.query(
        "DELETE FROM tidewheel.dead_letters WHERE missed_by = '{}' AND discarded_at IS NULL AND "
        "stream_id = (SELECT stream_id FROM tidewheel.statements WHERE id = $1)",
        it);
}

void take_dead_letters_of_shadow(postgres::Transaction& transaction, int view, int shadow) {
    const std::vector<postgres::Parameter> both{std::to_string(view), std::to_string(shadow)};
    transaction.query("UPDATE tidewheel.dead_letters SET statement_id = $1 WHERE statement_id = $2",
                      both);
    transaction.query(
        "UPDATE tidewheel.dead_letters SET missed_by = array_replace(missed_by, $2::integer, "
        "$1::integer) WHERE missed_by @> ARRAY[$2::integer]",
        both);
}

void delete_dead_letters(postgres::Transaction& transaction, const std::string& topic,
                         const std::vector<Reading>& in_it) {
    transaction.query("DELETE" + of_old_topic, {topic, statements_of(in_it), partitions_of(in_it)});
}

std::map<int, std::int64_t> count_dead_letters(postgres::Connection& connection,
                                               std::int64_t most) {
    std::map<int, std::int64_t> counts;
    for (const postgres::Row& row : connection.query(
             "SELECT statement, count(*) FROM (SELECT missed_by FROM tidewheel.dead_letters WHERE "
             "discarded_at IS NULL AND missed_by <> '{}' LIMIT $1::bigint) d, unnest(missed_by) "
             "statement GROUP BY 1",
             {std::to_string(most)}))
        counts[static_cast<int>(row.integer(0))] = row.integer(1);
    return counts;
}

std::int64_t count_dead_letters_to_delete(postgres::Transaction& transaction,
                                          const std::string& topic,
                                          const std::vector<Reading>& in_it) {
    return transaction
        .query("SELECT count(*)" + of_old_topic,
               {topic, statements_of(in_it), partitions_of(in_it)})[0]
        .integer(0);
}

void park_again(postgres::Session& session, const std::vector<std::int64_t>& ids) {
    const std::string these = "d.id = ANY ('" + postgres::id_array(ids) + "')";
    session.run(
        "UPDATE tidewheel.dead_letters d SET reason = p.reason, detail = p.detail, column_name = "
        "p.column_name, tried_at = clock_timestamp() FROM pg_temp.tidewheel_parked p WHERE " +
        these +
        " AND p.\"offset\" = d.\"offset\" AND (p.statement_id IS NULL OR p.statement_id = "
        "d.statement_id)");
    // The rules accept it now, but one statement refuses it: that is a dead letter of the
    // statement.
    session.run(
        "INSERT INTO tidewheel.dead_letters (stream_id, statement_id, topic, partition, "
        "\"offset\", record_time, key, headers, payload, reason, detail, column_name, record_hash, "
        "parked_at, tried_at, missed_by) SELECT d.stream_id, p.statement_id, d.topic, d.partition, "
        "d.\"offset\", d.record_time, d.key, d.headers, d.payload, p.reason, p.detail, "
        "p.column_name, d.record_hash, d.parked_at, clock_timestamp(), ARRAY[p.statement_id] FROM "
        "pg_temp.tidewheel_parked p JOIN tidewheel.dead_letters d ON d.\"offset\" = p.\"offset\" "
        "WHERE " +
        these +
        " AND d.statement_id IS NULL AND p.statement_id IS NOT NULL ON CONFLICT DO NOTHING");
}

std::set<std::int64_t> take_off(postgres::Session& session, const std::vector<std::int64_t>& ids,
                                const std::vector<int>& statements) {
    const std::string these = " WHERE id = ANY ('" + postgres::id_array(ids) + "')";
    const std::string missing =
        "(SELECT s.id FROM tidewheel.statements s WHERE s.id = ANY (missed_by) AND s.id <> ALL ('" +
        postgres::id_array(statements) + "') ORDER BY 1)";
    std::set<std::int64_t> gone;
    for (const postgres::Row& row : session.run("DELETE FROM tidewheel.dead_letters" + these +
                                                " AND NOT EXISTS " + missing + " RETURNING id"))
        gone.insert(row.integer(0));
    if (gone.size() < ids.size())
        session.run("UPDATE tidewheel.dead_letters SET missed_by = ARRAY" + missing +
                    ", tried_at = clock_timestamp()" + these);
    return gone;
}

std::int64_t discard(postgres::Connection& connection, const std::vector<std::int64_t>& ids) {
    return static_cast<std::int64_t>(
        connection
            .query("UPDATE tidewheel.dead_letters SET discarded_at = clock_timestamp(), key = "
                   "NULL, headers = NULL, payload = NULL WHERE id IN (SELECT id FROM "
                   "tidewheel.dead_letters WHERE id = ANY ($1::bigint[]) AND discarded_at IS NULL "
                   "ORDER BY \"offset\", id FOR UPDATE)",
                   {postgres::id_array(ids)})
            .affected);
}

}  // namespace tidewheel::catalogue
