#include "tidewheel/codec/json_decoder.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "json_object.hpp"
#include "record_metadata.hpp"

namespace tidewheel::codec {

using engine::Reason;
using engine::Reject;

namespace {

bool is_field_of_key(const engine::Column& column) {
    return column.source == engine::ColumnOrigin::key && !column.path.empty();
}

// The columns that are fields of the key, as if they were fields of a value; all others are none.
std::unique_ptr<engine::Schema> schema_of_key(const engine::Schema& schema) {
    if (std::ranges::none_of(schema.columns, is_field_of_key)) return nullptr;
    auto of_key = std::make_unique<engine::Schema>(schema);
    for (engine::Column& column : of_key->columns)
        column.source =
            is_field_of_key(column) ? engine::ColumnOrigin::field : engine::ColumnOrigin::value;
    return of_key;
}

class JsonDecoder : public engine::Decoder {
  public:
    JsonDecoder(const engine::Schema& schema, JsonObject::Scan scan)
        : key_schema_(schema_of_key(schema)),
          writer_(schema),
          value_(schema, writer_, "", scan),
          metadata_(schema),
          takes_tombstones_(schema.takes_tombstones()) {
        if (key_schema_) key_.emplace(*key_schema_, writer_, "the key: ", JsonObject::Scan::no);
    }

    std::optional<Reject> decode(const engine::Record& record, engine::Batch& batch) override {
        if (!record.value && !takes_tombstones_)
            return Reject{Reason::tombstone, "the record has no value", {}};
        if (record.value && record.value->empty())
            return Reject{Reason::empty, "the value is empty", {}};
        writer_.begin(batch);
        if (read_value(record) && read_key(record) && metadata_.write(record, writer_) &&
            writer_.check_route(record.partition))
            return std::nullopt;
        return writer_.take_reject();
    }

  private:
    // Each returns false when the record is refused; the writer knows why.
    bool read_value(const engine::Record& record) {
        return record.value ? value_.read(*record.value)
                            : value_.leave_null(Reason::tombstone, "the record has no value");
    }
    // After the value, whose scanner takes back what it has written where it has to give up.
    bool read_key(const engine::Record& record) {
        if (!key_) return true;
        if (!record.key) return key_->leave_null(Reason::missing_field, "the record has no key");
        key_text_.assign(*record.key).append(engine::value_padding, '\0');
        return key_->read(std::string_view(key_text_).substr(0, record.key->size()));
    }

    std::unique_ptr<const engine::Schema> key_schema_;  // none: no column is a field of the key
    RowWriter writer_;
    JsonObject value_;
    std::optional<JsonObject> key_;
    std::string key_text_;
    RecordMetadata metadata_;
    bool takes_tombstones_;
};

}  // namespace

std::unique_ptr<engine::Decoder> make_json_decoder(const engine::Schema& schema) {
    return std::make_unique<JsonDecoder>(schema, JsonObject::Scan::yes);
}

std::unique_ptr<engine::Decoder> make_reference_json_decoder(const engine::Schema& schema) {
    return std::make_unique<JsonDecoder>(schema, JsonObject::Scan::no);
}

}  // namespace tidewheel::codec
