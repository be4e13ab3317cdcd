#include "record_sources.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "tidewheel/codec/utf8.hpp"

namespace tidewheel::codec {

using engine::Reason;
using engine::Reject;
using engine::Source;

namespace {

constexpr std::int64_t no_timestamp = -1;  // Kafka's

Value number(std::int64_t value, engine::Arena& arena) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    const std::string_view text = arena.copy({digits.begin(), end});
    return {Value::Shape::number, text, text};
}

std::optional<std::string_view> last_header(const std::vector<engine::Header>& headers,
                                            const std::string& name, engine::Arena& arena) {
    const auto header =
        std::ranges::find(headers.rbegin(), headers.rend(), name, &engine::Header::name);
    if (header == headers.rend() || !header->value) return std::nullopt;
    return arena.copy(*header->value);
}

// Keys and headers are bytes. As a value they must be text that PostgreSQL can hold.
std::optional<Reject> write_bytes(std::size_t index, const engine::Column& column,
                                  std::optional<std::string_view> bytes, RowWriter& writer) {
    if (!bytes) return writer.write(index, {});
    if (find_invalid_utf8(*bytes) || bytes->find('\0') != std::string_view::npos)
        return Reject{Reason::wrong_type,
                      column.source == Source::key ? "the key is not UTF-8 text"
                                                   : "the header is not UTF-8 text",
                      column.name};
    return writer.write(index, {Value::Shape::string, *bytes, {}});
}

}  // namespace

RecordSources::RecordSources(const engine::Schema& schema) : schema_(schema) {
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
        if (schema.columns[i].source == Source::field) continue;
        columns_.push_back(i);
        wants_headers_ |= schema.columns[i].source == Source::header;
    }
}

std::optional<Reject> RecordSources::write(const engine::Record& record, engine::Arena& arena,
                                           RowWriter& writer) const {
    if (columns_.empty()) return std::nullopt;
    const auto headers = wants_headers_ ? record.headers() : std::vector<engine::Header>{};
    const auto write_one = [&](std::size_t i) -> std::optional<Reject> {
        const engine::Column& column = schema_.columns[i];
        switch (column.source) {
            case Source::field:
                break;
            case Source::partition:
                return writer.write(i, number(record.partition, arena));
            case Source::offset:
                return writer.write(i, number(record.offset, arena));
            case Source::key:
                return write_bytes(i, column, record.key, writer);
            case Source::header:
                return write_bytes(i, column, last_header(headers, column.header, arena), writer);
            case Source::timestamp:
                if (record.timestamp == no_timestamp) return writer.write(i, {});
                return writer.write_moment(i, engine::postgres_time(record.timestamp));
        }
        return std::nullopt;
    };
    for (const std::size_t column : columns_)
        if (auto reject = write_one(column)) return reject;
    return std::nullopt;
}

}  // namespace tidewheel::codec
