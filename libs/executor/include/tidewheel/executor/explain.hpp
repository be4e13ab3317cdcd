#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::executor {

// How a continuous statement, or a stream's own rules, will run: pairs of a label and its text, in
// order. Pure.
using Explanation = std::vector<std::pair<std::string, std::string>>;
Explanation explain(const catalogue::StoredStream& stream,
                    const catalogue::StoredStatement& statement, const Executions& executions);
Explanation explain(const catalogue::StoredStream& stream, const Executions& executions);

}  // namespace tidewheel::executor
