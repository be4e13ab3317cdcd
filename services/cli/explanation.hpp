#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {

// How a continuous statement will run: pairs of a label and what to say under it, in order. Pure.
using Explanation = std::vector<std::pair<std::string, std::string>>;
Explanation explain(const postgres::StoredStream& stream,
                    const postgres::StoredStatement& statement);
Explanation explain(const postgres::StoredStream& stream);

}  // namespace tidewheel::cli
