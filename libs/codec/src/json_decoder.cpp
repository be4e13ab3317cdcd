#include "tidewheel/codec/json_decoder.hpp"

#include <memory>
#include <optional>
#include <string>

#include "json_object.hpp"
#include "key_fields.hpp"
#include "record_metadata.hpp"

namespace tidewheel::codec {

using engine::Reason;
using engine::Reject;

namespace {

class JsonDecoder : public engine::Decoder {
  public:
    JsonDecoder(const engine::Schema& schema, JsonObject::Scan scan)
        : writer_(schema),
          value_(schema, writer_, "", scan),
          key_(schema, writer_),
          metadata_(schema),
          takes_tombstones_(schema.takes_tombstones()) {}

    std::optional<Reject> decode(const engine::Record& record, engine::Batch& batch) override {
        if (!record.value && !takes_tombstones_)
            return Reject{Reason::tombstone, "the record has no value", {}};
        if (record.value && record.value->empty())
            return Reject{Reason::empty, "the value is empty", {}};
        writer_.begin(batch);
        // The key comes after the value, whose scanner takes back what it has written where it has to
        // give up.
        if (read_value(record) && key_.read(record) && metadata_.write(record, writer_) &&
            writer_.check_route(record.partition))
            return std::nullopt;
        return writer_.take_reject();
    }

  private:
    // False: the record is refused; the writer knows why.
    bool read_value(const engine::Record& record) {
        return record.value ? value_.read(*record.value)
                            : value_.leave_null(Reason::tombstone, "the record has no value");
    }

    RowWriter writer_;
    JsonObject value_;
    KeyFields key_;
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
