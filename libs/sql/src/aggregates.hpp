#pragma once
#include <span>
#include <string_view>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// A column of the state: what an aggregate keeps of the rows that it has seen.
struct PartialState {
    std::string_view call;  // the aggregate over a batch, as SQL; {0} is the argument
    Merge merge;
    // PostgreSQL adds up the real numbers of an avg in double precision, those of a sum in real.
    bool widens_real = false;
};

// An aggregate that a continuous view can keep. Its FILTER is that of each partial state.
struct Aggregate {
    std::string_view name;
    std::span<const PartialState> partials;
    std::string_view finish;  // SQL over the columns of `partials`: {0}, {1}, …
    // What it is before the first record, in a view without GROUP BY. Empty: NULL.
    std::string_view of_no_rows = {};
    // PostgreSQL computes it in numeric, and the view does; of floats, its digits would be others.
    bool is_exact_only = false;
};

// PostgreSQL's own aggregate of that name; nullptr: a view can't keep it.
const Aggregate* find_aggregate(std::string_view name);

}  // namespace tidewheel::sql
