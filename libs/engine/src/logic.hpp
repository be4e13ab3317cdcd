#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "tidewheel/engine/program.hpp"

// Three-valued logic over the rows of boolean values.
namespace tidewheel::engine {

// AND is false (0), and OR true (1), as soon as one condition is: the decisive value. Else it is
// NULL when one is.
void combine(std::span<const Values> conditions, std::size_t rows, std::uint8_t decisive,
             Values& to);
void negate(const Values& condition, std::size_t rows, Values& to);
// The tests, which are never NULL: `result` where the value is NULL, or where the condition is
// this truth.
void test_null(const Values& value, std::size_t rows, bool result, Values& to);
void test_truth(const Values& condition, std::size_t rows, bool truth, bool result, Values& to);

}  // namespace tidewheel::engine
