#pragma once
#include <span>
#include <string_view>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// A column of the state: what an aggregate keeps of the rows that it has seen.
struct PartialState {
    std::string_view call;  // the aggregate over a batch, as SQL; {0}, {1}: the arguments
    Merge merge;
    // PostgreSQL adds up the real numbers of an avg in double precision, those of a sum in real.
    bool widens_real = false;
};

struct StateForm {
    std::span<const PartialState> partials = {};
    std::string_view finish = {};  // SQL over the columns of `partials`: {0}, {1}, …
};

// PostgreSQL is asked for the type of `call`; if it is `type`, the aggregate computes in double
// precision.
struct FloatQuestion {
    std::string_view call = {};  // empty: nothing to ask
    std::string_view type = {};
};

// An aggregate that a continuous view can keep. Its FILTER is that of each partial state.
struct Aggregate {
    std::string_view name;
    StateForm form;
    // What it is before the first record, in a view without GROUP BY. Empty: NULL.
    std::string_view of_no_rows = {};
    FloatQuestion question = {};
    StateForm float_form = {};  // of an argument in double precision, if it is another one
    int arguments = 1;
};

// PostgreSQL's own aggregate of that name; nullptr: a view can't keep it.
const Aggregate* find_aggregate(std::string_view name);

}  // namespace tidewheel::sql
