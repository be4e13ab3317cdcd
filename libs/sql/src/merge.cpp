#include "tidewheel/sql/merge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tidewheel::sql {
namespace {

// The last two are what PostgreSQL's own parallel plans merge their partial states with. total()
// has the type of its argument, which PostgreSQL's sum() has not.
constexpr MergeForm forms[] = {
    {Merge::add, "COALESCE({0} + {1}, {0}, {1})", "tidewheel.total", "added up", true},
    {Merge::least, "LEAST({0}, {1})", "min", "least", false},
    {Merge::greatest, "GREATEST({0}, {1})", "max", "greatest", false},
    {Merge::logical_and, "COALESCE({0} AND {1}, {0}, {1})", "bool_and", "and", false},
    {Merge::logical_or, "COALESCE({0} OR {1}, {0}, {1})", "bool_or", "or", false},
    {Merge::bits_and, "COALESCE({0} & {1}, {0}, {1})", "bit_and", "bits and", false},
    {Merge::bits_or, "COALESCE({0} | {1}, {0}, {1})", "bit_or", "bits or", false},
    {Merge::bits_xor, "COALESCE({0} # {1}, {0}, {1})", "bit_xor", "bits exclusive or", true},
    {Merge::moments, "pg_catalog.float8_combine({0}, {1})", "tidewheel.all_moments",
     "float8_combine", true},
    {Merge::pair_moments, "pg_catalog.float8_regr_combine({0}, {1})", "tidewheel.all_pair_moments",
     "float8_regr_combine", true},
};

}  // namespace

const MergeForm& form_of(Merge merge) {
    return *std::ranges::find(forms, merge, &MergeForm::merge);
}

std::string merged(Merge merge, const std::string& stored, const std::string& arriving) {
    return fmt::format(fmt::runtime(form_of(merge).sql), stored, arriving);
}

}  // namespace tidewheel::sql
