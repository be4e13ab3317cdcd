#pragma once
#include <optional>

#include "tidewheel/engine/batch.hpp"

namespace tidewheel::engine {

// Turns the bytes of a record into a row of a batch. One per wire format; made for one schema, used
// by one thread.
class Decoder {
  public:
    virtual ~Decoder() = default;
    // `record` is the batch's own copy: what it views lives as long as the rows, and value_padding
    // zero bytes follow its value. Writes the columns of `batch.row()`, or says why the record is
    // refused (then what it wrote doesn't matter). Checks types, NOT NULL and routing; the CHECKs are
    // PostgreSQL's to judge. Throws Error (unavailable) when it can't tell now, because what it
    // needs to read the record (a schema registry, say) is unavailable: then it is asked again.
    virtual std::optional<Reject> decode(const Record& record, Batch& batch) = 0;
};

}  // namespace tidewheel::engine
