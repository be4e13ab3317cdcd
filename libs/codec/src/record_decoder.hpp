#pragma once
#include <optional>
#include <string_view>

#include "key_fields.hpp"
#include "record_metadata.hpp"
#include "row_writer.hpp"
#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// What the decoders of values with fields have in common: a record without a value, its key, and what
// else it has beside its value.
class RecordDecoder : public engine::Decoder {
  public:
    explicit RecordDecoder(const engine::Schema& schema);

    std::optional<engine::Reject> decode(const engine::Record& record, engine::Batch& batch) final;

  protected:
    // Each writes the columns that are fields of the value. False: the record is refused; the writer
    // knows why.
    virtual bool read_value(std::string_view value) = 0;
    // There is no value: they are NULL.
    virtual bool leave_null(engine::Reason reason, std::string_view why) = 0;
    RowWriter& writer() { return writer_; }

  private:
    RowWriter writer_;
    KeyFields key_;
    RecordMetadata metadata_;
    bool takes_tombstones_;
};

}  // namespace tidewheel::codec
