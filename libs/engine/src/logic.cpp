#include "logic.hpp"

namespace tidewheel::engine {

void combine(std::span<const Values> conditions, std::size_t rows, std::uint8_t decisive,
             Values& to) {
    auto* result = to.as<std::uint8_t>();
    for (std::size_t row = 0; row < rows; ++row) {
        bool is_decided = false, is_null = false;
        for (const Values& condition : conditions) {
            const bool unknown = condition.is_null(row);
            is_null |= unknown;
            is_decided |= !unknown && condition.as<std::uint8_t>()[row] == decisive;
        }
        result[row] = is_decided ? decisive : !decisive;
        to.nulls[row] = !is_decided && is_null;
        to.has_nulls |= to.nulls[row] != 0;
    }
}

void negate(const Values& condition, std::size_t rows, Values& to) {
    to.has_nulls = condition.has_nulls;
    for (std::size_t row = 0; row < rows; ++row) {
        to.nulls[row] = condition.is_null(row);
        to.as<std::uint8_t>()[row] = !condition.is_null(row) && !condition.as<std::uint8_t>()[row];
    }
}

void test_null(const Values& value, std::size_t rows, bool result, Values& to) {
    for (std::size_t row = 0; row < rows; ++row)
        to.as<std::uint8_t>()[row] = value.is_null(row) == result;
}

void test_truth(const Values& condition, std::size_t rows, bool truth, bool result, Values& to) {
    for (std::size_t row = 0; row < rows; ++row) {
        const bool holds =
            !condition.is_null(row) && (condition.as<std::uint8_t>()[row] != 0) == truth;
        to.as<std::uint8_t>()[row] = holds == result;
    }
}

}  // namespace tidewheel::engine
