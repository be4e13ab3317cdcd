#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/program.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::executor {

// A few rows of a stream with values at the edges of their types, the same ones each time: zeros,
// limits, NULL, NaN and the infinities, texts, leap days; and some constants, since a comparison
// has its edge at one. In columns that nothing needs, and of types that the engine only passes on,
// there is NULL.
class EdgeRows {
  public:
    // constants: of Expression::Node::constant.
    EdgeRows(const StreamPlan& plan, const std::vector<engine::Expression>& constants);

    const engine::Batch& batch() const { return batch_; }
    // The same rows as a FROM item, where the stage's temporary relations exist: the stream's
    // columns, tidewheel_seq (from 1 on) and tidewheel_timestamp.
    std::string sql() const;

  private:
    engine::Vector values_of(const engine::Type& type,
                             const std::vector<engine::Expression>& constants);
    void add_constant(engine::Expression constant, const engine::Type& type,
                      engine::Vector& values);
    void add_row(std::size_t row);

    const engine::Schema& schema_;
    std::vector<std::size_t> columns_;        // of the schema, that have values
    std::vector<engine::Vector> values_;      // of these, each once
    std::vector<engine::Program> constants_;  // texts are views into them
    engine::Batch batch_;
};

}  // namespace tidewheel::executor
