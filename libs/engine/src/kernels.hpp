#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tidewheel/engine/program.hpp"
#include "time_math.hpp"

// The operators and functions of pg_catalog that the engine computes itself.
namespace tidewheel::engine {

// A call as it was compiled: an argument that is the same for every row, made ready.
struct Call {
    int unit = 0;                      // of date_trunc and extract
    int precision = 0, scale = 0;      // of a cast to numeric(precision, scale)
    std::string_view pattern;          // of LIKE
    bool ascii_letters_alone = false;  // lower and upper leave all other characters as they are
    Interval interval = {};            // added, or the length of date_bin's bins
    std::int64_t origin = 0;           // of date_bin
};

// Computes so many rows of `result` from the same rows of the arguments, without those that are in
// the call. false: declined.
using Kernel = bool (*)(const Call& call, std::span<const Values> arguments, std::size_t rows,
                        const Values& result);

struct KernelEntry {
    std::string_view name;
    std::vector<Kind> arguments;
    Kind result;
    Kernel run;
};

// nullptr: PostgreSQL's to compute. Kinds are as in the expression: two that PostgreSQL has no
// operator for never come together.
const KernelEntry* find_kernel(std::string_view name, std::span<const Kind> arguments);

// The names of units; nullopt: one that is left to PostgreSQL.
std::optional<int> truncation_unit(std::string_view name);  // of date_trunc
std::optional<int> extraction_unit(std::string_view name);  // of extract

}  // namespace tidewheel::engine
