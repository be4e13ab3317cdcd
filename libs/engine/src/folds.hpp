#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "tidewheel/engine/grouping.hpp"

namespace tidewheel::engine {

// How an aggregate takes in rows. A state that is NULL has seen none.
struct FoldEntry {
    std::string_view function;
    Kind argument, result;
    bool (*run)(Vector& state, std::span<const std::uint32_t> groups, const Values* argument,
                const Values* filter);
};

// nullptr: PostgreSQL's to compute. count takes arguments of any kind.
const FoldEntry* find_fold(std::string_view function, Kind argument);
bool count_rows(Vector& state, std::span<const std::uint32_t> groups, const Values* argument,
                const Values* filter);

}  // namespace tidewheel::engine
