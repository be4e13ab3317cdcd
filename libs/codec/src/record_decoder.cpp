#include "record_decoder.hpp"

namespace tidewheel::codec {

using engine::Reason;
using engine::Reject;

RecordDecoder::RecordDecoder(const engine::Schema& schema)
    : writer_(schema),
      key_(schema, writer_),
      metadata_(schema),
      takes_tombstones_(schema.takes_tombstones()) {}

std::optional<Reject> RecordDecoder::decode(const engine::Record& record, engine::Batch& batch) {
    constexpr std::string_view no_value = "the record has no value";
    if (!record.value && !takes_tombstones_)
        return Reject{Reason::tombstone, std::string(no_value), {}};
    if (record.value && record.value->empty())
        return Reject{Reason::empty, "the value is empty", {}};
    writer_.begin(batch);
    // The key comes after the value, whose scanner takes back what it has written where it has to
    // give up.
    const bool is_read =
        record.value ? read_value(*record.value) : leave_null(Reason::tombstone, no_value);
    if (is_read && key_.read(record) && metadata_.write(record, writer_) &&
        writer_.check_route(record.partition))
        return std::nullopt;
    return writer_.take_reject();
}

}  // namespace tidewheel::codec
