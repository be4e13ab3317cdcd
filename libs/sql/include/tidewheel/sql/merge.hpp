#pragma once
#include <string>
#include <string_view>

namespace tidewheel::sql {

// How the stored value of a partial aggregate and the one of a new batch become one.
enum class Merge {
    add,
    least,
    greatest,
    logical_and,
    logical_or,
    bits_and,
    bits_or,
    bits_xor,
    moments,       // of PostgreSQL's aggregates of double precision: count, sum, sum of squares
    pair_moments,  // the same of two values: corr() and the like
};

struct MergeForm {
    Merge merge;
    // SQL of the value that is stored, {0}, and the new one, {1}. NULL is "nothing yet", not
    // "unknown".
    std::string_view sql;
    // The aggregate that makes one value of those of several groups.
    std::string_view over_groups;
    std::string_view words;
    bool counts_repeats;  // whether a value that comes again changes the result
};
const MergeForm& form_of(Merge merge);

// As SQL.
std::string merged(Merge merge, const std::string& stored, const std::string& arriving);

}  // namespace tidewheel::sql
