#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store_events.hpp"
#include "tidewheel/codec/json_decoder.hpp"

// A decoder with its schema and its batch, and columns to make schemas of.
namespace tidewheel::codec::test {

using engine::ColumnOrigin;
using engine::Kind;

inline const engine::Type text{Kind::text, -1, "text"}, integer{Kind::int32, -1, "integer"},
    bigint{Kind::int64, -1, "bigint"}, json{Kind::json, -1, "json"},
    jsonb{Kind::jsonb, -1, "jsonb"}, boolean{Kind::boolean, -1, "boolean"},
    uuid{Kind::uuid, -1, "uuid"}, timestamptz{Kind::timestamptz, -1, "timestamp with time zone"};

inline engine::Schema schema_of(std::vector<engine::Column> columns) {
    engine::Schema schema;
    schema.columns = std::move(columns);
    return schema;
}

inline engine::Column at_path(std::string name, std::vector<std::string> path, engine::Type type) {
    engine::Column result = codec::column(std::move(name), std::move(type));
    result.path = std::move(path);
    return result;
}

inline engine::Column from(ColumnOrigin source, std::string name, engine::Type type,
                           bool not_null = false) {
    engine::Column result = codec::column(std::move(name), std::move(type), not_null);
    result.source = source;
    result.header = result.name;
    result.path.clear();
    return result;
}

// A schema, its decoder and a batch. What a record came in is gone once it is added.
struct Decoding {
    engine::Schema schema;
    std::unique_ptr<engine::Decoder> decoder = codec::make_json_decoder(schema);
    engine::Batch batch{schema};

    explicit Decoding(engine::Schema given) : schema(std::move(given)) {}

    void add(engine::Record record) {
        batch.add(std::move(record), [this](const engine::Record& r, engine::Batch& b) {
            return decoder->decode(r, b);
        });
    }
    void add(std::optional<std::string_view> value) {
        std::string memory(value.value_or(""));
        engine::Record record;
        if (value) record.value = memory;
        add(std::move(record));
        memory.assign(memory.size(), '?');
    }
    // The reason, and the column when there is one; "accepted" for a good record.
    std::string verdict(std::optional<std::string_view> value) {
        const std::size_t before = batch.rejected().size();
        add(value);
        return batch.rejected().size() == before ? "accepted" : last_verdict();
    }
    std::string last_verdict() const {
        const engine::Reject& reject = last_reject();
        const std::string reason(name(reject.reason));
        return reject.column.empty() ? reason : reason + " " + reject.column;
    }
    const engine::Reject& last_reject() const { return batch.rejected().back().reject; }
    std::size_t last() const { return batch.rows() - 1; }
    bool is_null(std::size_t column) const { return batch.column(column).is_null(last()); }
    std::string_view string(std::size_t column) const {
        return batch.column(column).at<std::string_view>(last());
    }
    template <class T>
    T value(std::size_t column) const {
        return batch.column(column).at<T>(last());
    }
};

}  // namespace tidewheel::codec::test
