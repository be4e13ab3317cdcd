#include "record_metadata.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "tidewheel/codec/headers_json.hpp"

namespace tidewheel::codec {

using engine::ColumnOrigin;
using engine::Reason;

namespace {

bool write_number(std::size_t index, std::int64_t value, RowWriter& writer) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    const std::string_view text(digits.begin(), end);
    return writer.write(index, {Value::Shape::number, text, text});
}

std::optional<std::string_view> last_header(const std::vector<engine::Header>& headers,
                                            const std::string& name) {
    const auto header =
        std::ranges::find(headers.rbegin(), headers.rend(), name, &engine::Header::name);
    if (header == headers.rend() || !header->value) return std::nullopt;
    return *header->value;
}

// Keys, headers and values are bytes. Unless they stay that, they must be text that PostgreSQL can
// hold.
bool write_bytes(std::size_t index, const engine::Column& column, std::string_view what,
                 std::optional<std::string_view> bytes, RowWriter& writer) {
    if (!bytes) return writer.write(index, {});
    if (column.type.kind != engine::Kind::bytea && !is_text(*bytes))
        return writer.refuse(Reason::wrong_type, "the " + std::string(what) + " is not UTF-8 text",
                             column.name);
    return writer.write(index, {Value::Shape::string, *bytes, {}});
}

bool write_boolean(std::size_t index, bool value, RowWriter& writer) {
    const std::string_view text = value ? "true" : "false";
    return writer.write(index, {Value::Shape::boolean, text, text});
}

bool write_headers(std::size_t index, const std::vector<engine::Header>& headers,
                   RowWriter& writer) {
    const std::string json = headers_json(headers);
    return writer.write(index, {Value::Shape::composite, json, json});
}

bool write_time(std::size_t index, const engine::Column& column, std::int64_t timestamp,
                RowWriter& writer) {
    if (timestamp == engine::no_time) return writer.write(index, {});
    if (const auto time = engine::finite_time(timestamp)) return writer.write_moment(index, *time);
    return writer.refuse(Reason::out_of_range,
                         "the record's time, " + std::to_string(timestamp) +
                             " milliseconds since 1970, is not in the years 1 to 9999",
                         column.name);
}

}  // namespace

RecordMetadata::RecordMetadata(const engine::Schema& schema) : schema_(schema) {
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
        const engine::Column& column = schema.columns[i];
        const bool is_field_of_key = column.source == ColumnOrigin::key && !column.path.empty();
        if (column.source == ColumnOrigin::field || is_field_of_key) continue;
        columns_.push_back(i);
        wants_headers_ |=
            column.source == ColumnOrigin::header || column.source == ColumnOrigin::headers;
    }
}

bool RecordMetadata::write(const engine::Record& record, RowWriter& writer) const {
    if (columns_.empty()) return true;
    const auto headers = wants_headers_ ? record.headers() : std::vector<engine::Header>{};
    const auto write_one = [&](std::size_t i) {
        const engine::Column& column = schema_.columns[i];
        switch (column.source) {
            case ColumnOrigin::field:
                break;
            case ColumnOrigin::partition:
                return write_number(i, record.partition, writer);
            case ColumnOrigin::offset:
                return write_number(i, record.offset, writer);
            case ColumnOrigin::key:
                return write_bytes(i, column, "key", record.key, writer);
            case ColumnOrigin::header:
                return write_bytes(i, column, "header", last_header(headers, column.header),
                                   writer);
            case ColumnOrigin::headers:
                return write_headers(i, headers, writer);
            case ColumnOrigin::value:
                return write_bytes(i, column, "value", record.value, writer);
            case ColumnOrigin::tombstone:
                return write_boolean(i, !record.value, writer);
            case ColumnOrigin::timestamp:
                return write_time(i, column, record.timestamp, writer);
        }
        return true;
    };
    return std::ranges::all_of(columns_, write_one);
}

}  // namespace tidewheel::codec
