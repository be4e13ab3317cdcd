#include "aggregates.hpp"

#include <algorithm>
#include <array>

namespace tidewheel::sql {
namespace {

constexpr PartialState count_of{"count({0})", Merge::add};
constexpr PartialState sum_of{"sum({0})", Merge::add};

constexpr std::array counted{count_of};
constexpr std::array added{sum_of};
constexpr std::array mean{PartialState{"sum({0})", Merge::add, true}, count_of};
constexpr std::array least{PartialState{"min({0})", Merge::least}};
constexpr std::array greatest{PartialState{"max({0})", Merge::greatest}};
constexpr std::array all_true{PartialState{"bool_and({0})", Merge::logical_and}};
constexpr std::array every_true{PartialState{"every({0})", Merge::logical_and}};
constexpr std::array any_true{PartialState{"bool_or({0})", Merge::logical_or}};
constexpr std::array moments{count_of, sum_of,
                             PartialState{"sum(({0})::numeric * ({0}))", Merge::add}};

constexpr std::string_view sample_variance = "tidewheel.variance({0}, {1}, {2}, {0} - 1)";
constexpr std::string_view population_variance = "tidewheel.variance({0}, {1}, {2}, {0})";
constexpr std::string_view sample_deviation =
    "tidewheel.root(tidewheel.variance({0}, {1}, {2}, {0} - 1))";
constexpr std::string_view population_deviation =
    "tidewheel.root(tidewheel.variance({0}, {1}, {2}, {0}))";

// Functions of schema tidewheel are declared in libs/catalogue/migrations.
constexpr Aggregate aggregates[] = {
    {"count", counted, "{0}", "0"},
    {"sum", added, "{0}"},
    {"avg", mean, "tidewheel.average({0}, {1})"},
    {"min", least, "{0}"},
    {"max", greatest, "{0}"},
    {"bool_and", all_true, "{0}"},
    {"bool_or", any_true, "{0}"},
    {"every", every_true, "{0}"},
    {"variance", moments, sample_variance, "", true},
    {"var_samp", moments, sample_variance, "", true},
    {"var_pop", moments, population_variance, "", true},
    {"stddev", moments, sample_deviation, "", true},
    {"stddev_samp", moments, sample_deviation, "", true},
    {"stddev_pop", moments, population_deviation, "", true},
};

}  // namespace

const Aggregate* find_aggregate(std::string_view name) {
    const auto* found = std::ranges::find(aggregates, name, &Aggregate::name);
    return found == std::end(aggregates) ? nullptr : found;
}

std::vector<std::string> kept_aggregates() {
    std::vector<std::string> names;
    for (const Aggregate& each : aggregates)
        names.emplace_back(each.name);
    return names;
}

std::vector<std::string> exact_aggregates() {
    std::vector<std::string> names;
    for (const Aggregate& each : aggregates)
        if (each.is_exact_only) names.emplace_back(each.name);
    return names;
}

}  // namespace tidewheel::sql
