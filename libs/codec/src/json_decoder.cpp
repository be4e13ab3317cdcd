#include "tidewheel/codec/json_decoder.hpp"

#include <memory>

#include "json_object.hpp"
#include "record_decoder.hpp"

namespace tidewheel::codec {
namespace {

class JsonDecoder final : public RecordDecoder {
  public:
    JsonDecoder(const engine::Schema& schema, JsonObject::Scan scan)
        : RecordDecoder(schema), value_(schema, writer(), "", scan) {}

  private:
    bool read_value(std::string_view value) override { return value_.read(value); }
    bool leave_null(engine::Reason reason, std::string_view why) override {
        return value_.leave_null(reason, why);
    }

    JsonObject value_;
};

}  // namespace

std::unique_ptr<engine::Decoder> make_json_decoder(const engine::Schema& schema) {
    return std::make_unique<JsonDecoder>(schema, JsonObject::Scan::yes);
}

std::unique_ptr<engine::Decoder> make_reference_json_decoder(const engine::Schema& schema) {
    return std::make_unique<JsonDecoder>(schema, JsonObject::Scan::no);
}

}  // namespace tidewheel::codec
