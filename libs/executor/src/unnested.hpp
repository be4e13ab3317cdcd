#pragma once
#include <string>
#include <vector>

#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"

namespace tidewheel::executor {

// The parameters $1, $2, … as a relation d (c1, c2, …): arrays of elements of these kinds.
inline std::string unnested(const std::vector<engine::Kind>& kinds) {
    std::vector<std::string> arrays, names;
    for (const engine::Kind kind : kinds) {
        const std::string number = std::to_string(arrays.size() + 1);
        arrays.push_back("pg_catalog.unnest($" + number + "::" + postgres::array_type(kind) + ")");
        names.push_back("c" + number);
    }
    return "ROWS FROM (" + joined(arrays, ", ") + ") AS d (" + joined(names, ", ") + ")";
}

}  // namespace tidewheel::executor
