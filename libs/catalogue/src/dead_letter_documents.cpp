#include "tidewheel/catalogue/dead_letter_documents.hpp"

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::catalogue {
namespace {

constexpr auto is_text =
    "CREATE FUNCTION pg_temp.tidewheel_is_text(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$ "
    "BEGIN RETURN convert_from(bytes, 'UTF8') IS NOT NULL OR bytes IS NULL; EXCEPTION WHEN OTHERS "
    "THEN RETURN false; END $$";

// Bytes as a JSON string: text where they are UTF-8 without NUL; otherwise base64, which a second
// member says.
std::string member(const std::string& name) {
    const std::string bytes = "d." + name;
    return "CASE WHEN pg_temp.tidewheel_is_text(" + bytes + ") THEN convert_from(" + bytes +
           ", 'UTF8') ELSE translate(encode(" + bytes + ", 'base64'), E'\\n', '') END AS " + name +
           ", CASE WHEN pg_temp.tidewheel_is_text(" + bytes +
           ") THEN 'text' ELSE 'base64' END AS " + name + "_encoding";
}

// Bytes as people read them.
constexpr auto as_text =
    "CREATE FUNCTION pg_temp.tidewheel_text(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
    "RETURN convert_from(bytes, 'UTF8'); EXCEPTION WHEN OTHERS THEN RETURN bytes::text; END $$";

// What a document says of a dead letter before its bytes. missed_by: an expression.
std::string description(const std::string& missed_by) {
    return "d.id, t.schema_name || '.' || t.name AS stream, s.name AS statement, d.topic, "
           "d.partition, d.\"offset\", d.record_time, d.parked_at, d.tried_at, d.discarded_at, "
           "d.reason, d.column_name AS column, d.detail, " +
           missed_by + " AS missed_by, ";
}

}  // namespace

postgres::Rows DeadLetterQuery::rows(postgres::Connection& connection) const {
    return connection.query(sql_);
}

codec::Json DeadLetterQuery::json(postgres::Connection& connection) const {
    const postgres::Row row =
        connection.query("SELECT coalesce(json_agg(q), '[]')::text FROM (" + sql_ + ") q")[0];
    return codec::Json::parse(row.text(0)).value_or(codec::Json::array());
}

DeadLetterQuery count_by_reason(const DeadLetterFilter& filter) {
    return DeadLetterQuery(
        "SELECT d.reason, t.name AS stream, count(*) AS records, min(d.record_time) AS first, "
        "max(d.record_time) AS last" +
        std::string(from_dead_letters) + "WHERE " + condition_of(filter) +
        " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2");
}

DeadLetterQuery newest(const DeadLetterFilter& filter, int limit) {
    return DeadLetterQuery(
        "SELECT d.id, t.name AS stream, s.name AS statement, d.topic, d.partition, d.\"offset\", "
        "d.record_time, d.reason, d.column_name, d.detail" +
        std::string(from_dead_letters) + "WHERE " + condition_of(filter) +
        " ORDER BY d.id DESC LIMIT " + std::to_string(limit));
}

DeadLetterQuery whole(std::int64_t id) {
    return DeadLetterQuery(
        "SELECT " +
        description("(SELECT string_agg(m.name, ', ' ORDER BY m.id) FROM tidewheel.statements m "
                    "WHERE m.id = ANY (d.missed_by))") +
        "pg_temp.tidewheel_text(d.key) AS key, d.headers, octet_length(d.payload) AS bytes, "
        "pg_temp.tidewheel_text(d.payload) AS payload" +
        from_dead_letters + "WHERE d.id = " + std::to_string(id));
}

void prepare_documents(postgres::Connection& connection) {
    connection.query(is_text);
    connection.query(as_text);
}

void export_documents(postgres::Connection& connection, const DeadLetterPage& page,
                      const std::function<void(const std::string& document)>& each) {
    for (const postgres::Row& row : connection.query(
             "SELECT row_to_json(q)::text FROM (SELECT " +
                 description("ARRAY(SELECT m.name FROM tidewheel.statements m WHERE m.id = ANY "
                             "(d.missed_by) ORDER BY m.id)") +
                 member("key") + ", d.headers, " + member("payload") + from_dead_letters +
                 "WHERE d.id = ANY ($1::bigint[]) ORDER BY d.\"offset\", d.id) q",
             {page.id_array()}))
        each(row.text(0));
}

void export_payloads(
    postgres::Connection& connection, const DeadLetterPage& page,
    const std::function<void(const std::string& name, const std::string& payload)>& each) {
    for (const postgres::Row& row : connection.query(
             "SELECT format('%s-%s-%s.%s', topic, partition, \"offset\", id), encode(payload, "
             "'hex') FROM tidewheel.dead_letters WHERE id = ANY ($1::bigint[]) AND payload IS NOT "
             "NULL ORDER BY \"offset\", id",
             {page.id_array()}))
        each(row.text(0), from_hex(row.text(1)));
}

}  // namespace tidewheel::catalogue
