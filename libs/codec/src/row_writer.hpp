#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parse_result.hpp"
#include "tidewheel/engine/batch.hpp"
#include "value.hpp"

namespace tidewheel::codec {

// Writes one row of a batch after the other: turns JSON values into values of columns, by one
// reader per kind. Accepts what (json ->> 'field')::type accepts in PostgreSQL and gives the same
// value; docs/reference/json.md names the differences.
class RowWriter {
  public:
    explicit RowWriter(const engine::Schema& schema);

    void begin(engine::Batch& batch);  // starts the row batch.row()
    void undo();                       // the row is as begin() left it
    // Each writes a column of the row. False: it can't be, and the record is refused.
    bool write(std::size_t column, const Value& value) {
        const Plan& plan = plans_[column];
        if (value.shape == Value::Shape::null) return write_null(plan);
        const ParseResult verdict = plan.read(plan, value, *batch_);
        if (verdict != ParseResult::ok) return refuse(plan, value, verdict);
        if (plan.routes) route_value_ = batch_->keep(value.text);
        return true;
    }
    bool write_moment(std::size_t column, std::int64_t microseconds);
    // Values that came as what they are, each to the same effect as its text. False: the column
    // takes a text, and nothing is written.
    bool take_whole(std::size_t column, std::int64_t value);
    bool take_double(std::size_t column, double value);
    // Microseconds since 2000-01-01, of UTC or of the wall, in the years 1 to 9999.
    bool take_moment(std::size_t column, std::int64_t microseconds);
    bool take_bytes(std::size_t column, std::string_view bytes);
    // Does the row belong to this partition, by its routing value?
    bool check_route(int partition);
    // Keeps why the record is refused, and returns false. The one place for it, so that the parts
    // of the decoder pass on no more than a bool.
    bool refuse(engine::Reason reason, std::string detail, std::string column = {});
    bool refused() const { return reject_.has_value(); }
    engine::Reject take_reject() { return *std::move(reject_); }

  private:
    struct Plan;
    using Read = ParseResult (*)(const Plan&, const Value&, engine::Batch&);
    struct Plan {
        Read read;
        std::size_t index;
        bool needed;
        bool not_null;
        bool routes;
        std::optional<engine::NumericLimit> numeric;
        std::optional<int> length;
        const engine::Column* column;
    };
    struct Readers;

    bool write_null(const Plan& plan);
    bool refuse(const Plan& plan, const Value& value, ParseResult verdict);

    const engine::Schema& schema_;
    std::vector<Plan> plans_;
    engine::Batch* batch_ = nullptr;
    engine::Arena::Mark before_{};  // what the row allocates comes after it
    std::optional<std::string_view> route_value_;
    std::optional<engine::Reject> reject_;
};

// Valid UTF-8 as a message shows it: quoted, cut to a length that people read.
std::string shown(std::string_view text);

}  // namespace tidewheel::codec
