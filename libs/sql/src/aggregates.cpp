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
constexpr std::array all_bits{PartialState{"bit_and({0})", Merge::bits_and}};
constexpr std::array any_bits{PartialState{"bit_or({0})", Merge::bits_or}};
constexpr std::array odd_bits{PartialState{"bit_xor({0})", Merge::bits_xor}};
constexpr std::array sums{count_of, sum_of,
                          PartialState{"sum(({0})::numeric * ({0}))", Merge::add}};
constexpr std::array moments{PartialState{"tidewheel.moments({0})", Merge::moments}};
constexpr std::array counted_pairs{PartialState{"regr_count({0}, {1})", Merge::add}};
constexpr std::array pair_moments{
    PartialState{"tidewheel.pair_moments({0}, {1})", Merge::pair_moments}};

constexpr std::string_view sample_variance = "tidewheel.variance({0}, {1}, {2}, {0} - 1)";
constexpr std::string_view population_variance = "tidewheel.variance({0}, {1}, {2}, {0})";
constexpr std::string_view sample_deviation =
    "tidewheel.root(tidewheel.variance({0}, {1}, {2}, {0} - 1))";
constexpr std::string_view population_deviation =
    "tidewheel.root(tidewheel.variance({0}, {1}, {2}, {0}))";

// A variance or a root of one: in numeric over integers and numeric, in double precision over
// floats.
constexpr Aggregate spread(std::string_view name, std::string_view finish,
                           std::string_view float_finish) {
    return {
        name, {sums, finish}, "", {"variance({0})", "double precision"}, {moments, float_finish}};
}

// Of pairs of double precision.
constexpr Aggregate paired(std::string_view name, std::string_view finish) {
    return {name, {pair_moments, finish}, "", {}, {}, 2};
}

// Functions of schema tidewheel are declared in libs/catalogue/migrations. The others are those
// that PostgreSQL finishes its own aggregates with.
constexpr Aggregate aggregates[] = {
    {"count", {counted, "{0}"}, "0"},
    {"sum", {added, "{0}"}},
    {"avg", {mean, "tidewheel.average({0}, {1})"}, "", {"sum({0})", "real"}},
    {"min", {least, "{0}"}},
    {"max", {greatest, "{0}"}},
    {"bool_and", {all_true, "{0}"}},
    {"bool_or", {any_true, "{0}"}},
    {"every", {every_true, "{0}"}},
    {"bit_and", {all_bits, "{0}"}},
    {"bit_or", {any_bits, "{0}"}},
    {"bit_xor", {odd_bits, "{0}"}},
    spread("variance", sample_variance, "pg_catalog.float8_var_samp({0})"),
    spread("var_samp", sample_variance, "pg_catalog.float8_var_samp({0})"),
    spread("var_pop", population_variance, "pg_catalog.float8_var_pop({0})"),
    spread("stddev", sample_deviation, "pg_catalog.float8_stddev_samp({0})"),
    spread("stddev_samp", sample_deviation, "pg_catalog.float8_stddev_samp({0})"),
    spread("stddev_pop", population_deviation, "pg_catalog.float8_stddev_pop({0})"),
    paired("corr", "pg_catalog.float8_corr({0})"),
    paired("covar_pop", "pg_catalog.float8_covar_pop({0})"),
    paired("covar_samp", "pg_catalog.float8_covar_samp({0})"),
    paired("regr_avgx", "pg_catalog.float8_regr_avgx({0})"),
    paired("regr_avgy", "pg_catalog.float8_regr_avgy({0})"),
    {"regr_count", {counted_pairs, "{0}"}, "0", {}, {}, 2},
    paired("regr_intercept", "pg_catalog.float8_regr_intercept({0})"),
    paired("regr_r2", "pg_catalog.float8_regr_r2({0})"),
    paired("regr_slope", "pg_catalog.float8_regr_slope({0})"),
    paired("regr_sxx", "pg_catalog.float8_regr_sxx({0})"),
    paired("regr_sxy", "pg_catalog.float8_regr_sxy({0})"),
    paired("regr_syy", "pg_catalog.float8_regr_syy({0})"),
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

}  // namespace tidewheel::sql
