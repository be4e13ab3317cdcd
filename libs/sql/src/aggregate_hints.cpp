#include "aggregate_hints.hpp"

#include <algorithm>
#include <array>

#include "aggregates.hpp"

namespace tidewheel::sql {
namespace {

struct Family {
    std::string_view prefix;  // of the names that belong to it
    std::string_view instead;
};
constexpr std::array families{
    Family{"percentile_",
           "count each value: also GROUP BY it (or a width_bucket() of it), and "
           "take the percentile of these counts where you query the view"},
    Family{"mode",
           "count each value: also GROUP BY it, and take the most frequent one where you "
           "query the view"},
    Family{"array_agg",
           "store the rows with INSERT INTO … SELECT, and aggregate them where you "
           "query the table"},
    Family{"string_agg",
           "store the rows with INSERT INTO … SELECT, and aggregate them where you "
           "query the table"},
    Family{"json",
           "store the rows with INSERT INTO … SELECT, and aggregate them where you query "
           "the table"},
    Family{"xmlagg",
           "store the rows with INSERT INTO … SELECT, and aggregate them where you query "
           "the table"},
    Family{"any_value", "min() gives one of the values"},
};

}  // namespace

std::string kept_aggregates_are() {
    std::string list;
    const auto names = kept_aggregates();
    for (std::size_t i = 0; i < names.size(); ++i)
        list += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return "A continuous view can keep " + list;
}

std::string hint_for_aggregate(std::string_view name) {
    const auto family = std::find_if(families.begin(), families.end(), [&](const Family& each) {
        return name.starts_with(each.prefix);
    });
    if (family == families.end()) return kept_aggregates_are() + ".";
    return kept_aggregates_are() + "; " + std::string(family->instead) + ".";
}

std::string hint_for_distinct(std::string_view name) {
    if (name == "count")
        return "Also GROUP BY the value, and count the rows of a group where you query the view: a "
               "view keeps totals, not the values that it has seen.";
    const Aggregate* aggregate = find_aggregate(name);
    if (aggregate && form_of(aggregate->form.partials[0].merge).counts_repeats)
        return "Also GROUP BY the value, and take the " + std::string(name) +
               " of a group's values where you query the view: a view keeps totals, not the "
               "values that it has seen.";
    return "Leave it out: it makes no difference to " + std::string(name) + "().";
}

}  // namespace tidewheel::sql
