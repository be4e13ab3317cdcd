#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "row_writer.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::codec {

// The columns whose value is not in the record's JSON but beside it: partition, offset, timestamp,
// key, headers.
class RecordSources {
  public:
    explicit RecordSources(const engine::Schema& schema);

    std::optional<engine::Reject> write(const engine::Record& record, engine::Arena& arena,
                                        RowWriter& writer) const;

  private:
    const engine::Schema& schema_;
    std::vector<std::size_t> columns_;
    bool wants_headers_ = false;
};

}  // namespace tidewheel::codec
