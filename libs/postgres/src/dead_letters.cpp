#include "tidewheel/postgres/dead_letters.hpp"

#include <algorithm>

#include "sql_text.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/codec/utf8.hpp"

namespace tidewheel::postgres {
namespace {

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text = "\\x";
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

// PostgreSQL's text takes neither NUL nor broken UTF-8.
bool is_text(std::string_view bytes) {
    return bytes.find('\0') == std::string_view::npos && !codec::find_invalid_utf8(bytes);
}

std::string as_text(std::string_view bytes) {
    return is_text(bytes) ? std::string(bytes) : hex(bytes);
}

// A header's bytes. What begins as hexadecimal does is written in hexadecimal, too, so that reading
// it back is no guess.
std::string header_text(std::string_view bytes) {
    return is_text(bytes) && !bytes.starts_with("\\x") ? std::string(bytes) : hex(bytes);
}

std::string unhex(std::string_view digits) {
    const auto value = [](char digit) {
        return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
    };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
    return bytes;
}

std::string header_bytes(const std::string& text) {
    return text.starts_with("\\x") ? unhex(std::string_view(text).substr(2)) : text;
}

// What a record that comes out of the table lives on.
struct Stored {
    std::optional<std::string> key, value;
    std::string headers;
};

std::optional<std::string> bytes_of(const std::optional<std::string>& digits) {
    return digits ? std::optional(unhex(*digits)) : std::nullopt;
}

std::vector<engine::Header> read_headers(const void* owner) {
    std::vector<engine::Header> headers;
    const auto all = codec::Json::parse(static_cast<const Stored*>(owner)->headers);
    if (!all || !all->is_array()) return headers;
    for (const codec::Json& each : all->items()) {
        const codec::Json* value = each.find("value");
        headers.push_back({header_bytes(each.find("name")->string()), {}});
        if (value->is_string()) headers.back().value = header_bytes(value->string());
    }
    return headers;
}

std::string array_of(std::vector<int> statements) {
    std::sort(statements.begin(), statements.end());
    std::vector<std::string> items;
    for (const int statement : statements)
        items.push_back(std::to_string(statement));
    return "'{" + join(items, ",") + "}'::integer[]";
}

std::string headers_json(const engine::Record& record) {
    codec::Json all = codec::Json::array();
    for (const engine::Header& header : record.headers()) {
        codec::Json each = codec::Json::object();
        each.set("name", header_text(header.name));
        each.set("value", header.value ? codec::Json(header_text(*header.value)) : codec::Json());
        all.push(std::move(each));
    }
    return all.dump();
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
    encoder_.int64(engine::postgres_time(record.timestamp));
    optional(record.key);
    encoder_.jsonb(headers_json(record));
    optional(record.value);
    encoder_.bytes(engine::name(parked.reject.reason));
    encoder_.bytes(as_text(parked.reject.detail));
    parked.reject.column.empty() ? encoder_.null() : encoder_.bytes(parked.reject.column);
}

void DeadLetters::stage(Session& session) {
    if (staged_ == parked_.size()) return;
    encoder_.begin();
    for (; staged_ < parked_.size(); ++staged_)
        encode(parked_[staged_]);
    encoder_.finish();
    session.copy("COPY pg_temp.tidewheel_parked FROM STDIN (FORMAT binary)", encoder_.payload());
}

std::vector<engine::Reason> DeadLetters::store(Session& session, int stream,
                                               const std::string& topic, int partition,
                                               std::vector<int> statements) {
    if (parked_.empty()) return {};
    stage(session);
    session.run(
        "INSERT INTO tidewheel.dead_letters AS d (stream_id, statement_id, topic, partition, "
        "\"offset\", record_time, key,"
        " headers, payload, reason, detail, column_name, missed_by) SELECT " +
        std::to_string(stream) + ", statement_id, " + quote_literal(topic) + ", " +
        std::to_string(partition) +
        ", \"offset\", record_time, key, headers, payload, reason, detail, column_name, CASE WHEN "
        "statement_id IS NULL THEN " +
        array_of(std::move(statements)) +
        " ELSE ARRAY[statement_id] END FROM pg_temp.tidewheel_parked ORDER BY \"offset\" ON "
        "CONFLICT "
        "(topic, partition, \"offset\", statement_id) DO UPDATE SET missed_by = ARRAY(SELECT "
        "DISTINCT "
        "m FROM unnest(d.missed_by || excluded.missed_by) m ORDER BY 1) WHERE NOT d.missed_by @> "
        "excluded.missed_by");
    std::vector<engine::Reason> reasons;
    for (const Parked& each : parked_)
        reasons.push_back(each.reject.reason);
    return reasons;
}

engine::Record read_record(const Row& row, std::size_t first) {
    auto stored = std::make_unique<Stored>(Stored{bytes_of(row.field(first + 3)),
                                                  bytes_of(row.field(first + 5)),
                                                  row.text_or(first + 4, "[]")});
    engine::Record record;
    record.partition = static_cast<int>(row.integer(first));
    record.offset = row.integer(first + 1);
    record.timestamp = row.is_null(first + 2) ? 0 : row.integer(first + 2);
    if (stored->key) record.key = *stored->key;
    if (stored->value) record.value = *stored->value;
    record.read_headers = read_headers;
    record.owner = {stored.release(), [](void* owner) { delete static_cast<Stored*>(owner); }};
    return record;
}

void forget_missed(Transaction& transaction, int statement, const std::string& topic, int partition,
                   std::int64_t from) {
    const std::string letters =
        " WHERE topic = $1 AND partition = $2::integer AND \"offset\" >= $3::bigint AND ";
    const std::vector<Parameter> place{topic, std::to_string(partition), std::to_string(from),
                                       std::to_string(statement)};
    transaction.query(
        "UPDATE tidewheel.dead_letters SET missed_by = array_remove(missed_by, $4::integer)" +
            letters + "missed_by @> ARRAY[$4::integer]",
        place);
    transaction.query(
        "DELETE FROM tidewheel.dead_letters" + letters +
            "(statement_id = $4::integer OR missed_by = '{}' AND discarded_at IS NULL)",
        place);
}

}  // namespace tidewheel::postgres
