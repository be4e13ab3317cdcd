#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tidewheel/postgres/session.hpp"

namespace tidewheel::verify {

struct ComparedColumn {
    std::string name, type;  // type as pg_type.typname
};

struct Difference {
    std::int64_t expected = 0;              // rows
    std::int64_t missing = 0;               // expected, but not stored
    std::int64_t unexpected = 0;            // stored, but not expected
    std::vector<std::string> missing_rows;  // some of them, as JSON
    std::vector<std::string> unexpected_rows;
};

// Compares two relations of the same columns, as multisets. Where they add up records, real and
// double precision are equal within a relative 1e-9 (real: 1e-5): such sums depend on the order.
Difference compare_relations(postgres::Session& session, const std::string& expected,
                             const std::string& stored, const std::vector<ComparedColumn>& columns,
                             bool adds_up);

}  // namespace tidewheel::verify
