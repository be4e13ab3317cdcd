#pragma once
#include <csignal>
#include <random>

#include "applied.hpp"
#include "steady_load.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// A pipeline over numbers, changed by `tidewheel apply` while the services run.
namespace tidewheel::testing::changes {

inline const std::string stream = R"(
CREATE FOREIGN TABLE numbers (
    n     integer NOT NULL CHECK (n >= 0),
    store text    NOT NULL,
    part  integer OPTIONS (partition 'true'),
    place bigint  OPTIONS ("offset" 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
)";

inline std::string stream_with(const std::string& text, const std::string& replacement) {
    std::string changed = stream;
    changed.replace(changed.find(text), text.size(), replacement);
    return changed;
}

inline std::vector<std::string> numbers(int first, int last, const std::string& more = "") {
    std::vector<std::string> values;
    for (int n = first; n < last; ++n)
        values.push_back(R"({"n": )" + std::to_string(n) + R"(, "store": "s)" +
                         std::to_string(n % 7) + "\"" + more + "}");
    return values;
}

inline void require_rebuilt(const Deployment& deployment, const std::string& sql) {
    require_applied(deployment.apply(sql, {"--rebuild"}));
}

}  // namespace tidewheel::testing::changes
