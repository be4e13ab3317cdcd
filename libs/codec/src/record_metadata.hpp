#pragma once
#include <cstddef>
#include <vector>

#include "row_writer.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::codec {

// The columns whose value is not in the record's JSON but beside it: partition, offset, timestamp,
// key, headers.
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
