#pragma once
#include <cstddef>
#include <vector>

#include "row_writer.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::codec {

// The columns whose value is no field of the record or of its key: partition, offset, timestamp, key, headers, and
// the record's value as a whole.
class RecordMetadata {
  public:
    explicit RecordMetadata(const engine::Schema& schema);

    // False: the writer knows why the record is refused.
    bool write(const engine::Record& record, RowWriter& writer) const;

  private:
    const engine::Schema& schema_;
    std::vector<std::size_t> columns_;
    bool wants_headers_ = false;
};

}  // namespace tidewheel::codec
