#include "tidewheel/codec/bytes_decoder.hpp"

#include "record_metadata.hpp"

namespace tidewheel::codec {
namespace {

class BytesDecoder : public engine::Decoder {
  public:
    explicit BytesDecoder(const engine::Schema& schema) : writer_(schema), metadata_(schema) {}

    std::optional<engine::Reject> decode(const engine::Record& record,
                                         engine::Batch& batch) override {
        writer_.begin(batch);
        if (metadata_.write(record, writer_) && writer_.check_route(record.partition))
            return std::nullopt;
        return writer_.take_reject();
    }

  private:
    RowWriter writer_;
    RecordMetadata metadata_;
};

}  // namespace

std::unique_ptr<engine::Decoder> make_bytes_decoder(const engine::Schema& schema) {
    return std::make_unique<BytesDecoder>(schema);
}

}  // namespace tidewheel::codec
