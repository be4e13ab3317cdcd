#include "tidewheel/postgres/dead_letters.hpp"

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

std::string headers_json(const engine::Record& record) {
    codec::Json all = codec::Json::array();
    for (const engine::Header& header : record.headers()) {
        codec::Json each = codec::Json::object();
        each.set("name", as_text(header.name));
        each.set("value", header.value ? codec::Json(as_text(*header.value)) : codec::Json());
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
                                               const std::string& topic, int partition) {
    if (parked_.empty()) return {};
    stage(session);
    session.run(
        "INSERT INTO tidewheel.dead_letters (stream_id, statement_id, topic, partition, "
        "\"offset\", record_time, key,"
        " headers, payload, reason, detail, column_name) SELECT " +
        std::to_string(stream) + ", statement_id, " + quote_literal(topic) + ", " +
        std::to_string(partition) +
        ", \"offset\", record_time, key, headers, payload, reason, detail, column_name"
        " FROM pg_temp.tidewheel_parked ORDER BY \"offset\" ON CONFLICT DO NOTHING");
    std::vector<engine::Reason> reasons;
    for (const Parked& each : parked_)
        reasons.push_back(each.reject.reason);
    return reasons;
}

}  // namespace tidewheel::postgres
