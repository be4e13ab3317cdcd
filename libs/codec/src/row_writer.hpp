#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "value.hpp"
#include "verdict.hpp"

namespace tidewheel::codec {

// Writes one row of a batch after the other: turns JSON values into values of columns, by one
// reader per kind. Accepts what (json ->> 'field')::type accepts in PostgreSQL and gives the same
// value; docs/reference/json.md names the differences.
class RowWriter {
  public:
    explicit RowWriter(const engine::Schema& schema);

    void begin(engine::Batch& batch);  // starts the row batch.row()
    // Each writes a column of the row, or says why it can't be.
    std::optional<engine::Reject> write(std::size_t column, const Value& value);
    std::optional<engine::Reject> write_moment(std::size_t column, std::int64_t microseconds);
    // Does the row belong to this partition, by its routing value?
    std::optional<engine::Reject> check_route(int partition) const;

  private:
    struct Target {
        engine::Vector& vector;
        std::size_t row;
        engine::Arena& arena;
    };
    struct Plan;
    using Read = Verdict (*)(const Plan&, const Value&, Target);
    struct Plan {
        const engine::Column* column;
        Read read;
        bool needed;
        std::optional<engine::NumericLimit> numeric;
        std::optional<int> length;
    };
    struct Readers;

    const engine::Schema& schema_;
    std::vector<Plan> plans_;
    engine::Batch* batch_ = nullptr;
    std::optional<std::string_view> route_value_;
};

// Valid UTF-8 as a message shows it: quoted, cut to a length that people read.
std::string shown(std::string_view text);

}  // namespace tidewheel::codec
