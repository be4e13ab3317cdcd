#include "folds.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ordering.hpp"
#include "strict.hpp"

namespace tidewheel::engine {
namespace {

using RowGroups = std::span<const std::uint32_t>;

bool is_left_out(const Values* filter, std::size_t row) {
    return filter && (filter->is_null(row) || !filter->as<std::uint8_t>()[row]);
}

// begin(value, state): of the first value. more(value, state): of each further one.
template <Kind A, Kind R, auto begin, auto more>
bool fold(Vector& state, RowGroups groups, const Values* argument, const Values* filter) {
    using State = HeldType<R>;
    const auto* values = argument->as<HeldType<A>>();
    for (std::size_t row = 0; row < groups.size(); ++row) {
        if (argument->is_null(row) || is_left_out(filter, row)) continue;
        const std::uint32_t group = groups[row];
        State next{};
        if (state.is_null(group)) {
            if (!begin(values[row], next)) return false;
        } else {
            next = state.at<State>(group);
            if (!more(values[row], next)) return false;
        }
        state.set(group, next);
    }
    return true;
}

bool count_values(Vector& state, RowGroups groups, const Values* argument, const Values* filter) {
    for (std::size_t row = 0; row < groups.size(); ++row)
        if (!argument->is_null(row) && !is_left_out(filter, row))
            state.set(groups[row], state.at<std::int64_t>(groups[row]) + 1);
    return true;
}

constexpr auto take = [](const auto& value, auto& state) {
    state = value;
    return true;
};
constexpr auto add_integer = [](std::int64_t value, std::int64_t& state) {
    return !__builtin_add_overflow(state, value, &state);
};
constexpr auto take_as_numeric = [](std::int64_t value, Numeric& state) {
    state = from_integer(value);
    return true;
};
constexpr auto add_as_numeric = [](std::int64_t value, Numeric& state) {
    return add(state, from_integer(value), state);
};
constexpr auto take_numeric = [](const Numeric& value, Numeric& state) {
    state = value;
    return !value.is_wide();
};
constexpr auto add_numeric = [](const Numeric& value, Numeric& state) {
    return add(state, value, state);
};
constexpr auto take_float = [](double value, double& state) {
    state = value;
    return std::isfinite(value);
};
constexpr auto add_float = [](double value, double& state) {
    state += value;
    return std::isfinite(value) && std::isfinite(state);
};
// PostgreSQL keeps the later one of two that are equal.
constexpr auto keep_least = [](const auto& value, auto& state) {
    int order = 0;
    if (!order_between(state, value, order)) return false;
    if (order >= 0) state = value;
    return true;
};
constexpr auto keep_greatest = [](const auto& value, auto& state) {
    int order = 0;
    if (!order_between(state, value, order)) return false;
    if (order <= 0) state = value;
    return true;
};

constexpr auto and_bits = [](auto value, auto& state) {
    state &= value;
    return true;
};
constexpr auto or_bits = [](auto value, auto& state) {
    state |= value;
    return true;
};
constexpr auto xor_bits = [](auto value, auto& state) {
    state ^= value;
    return true;
};

template <Kind kind>
void add_bits(std::vector<FoldEntry>& table) {
    table.push_back({"bit_and", kind, kind, fold<kind, kind, take, and_bits>});
    table.push_back({"bit_or", kind, kind, fold<kind, kind, take, or_bits>});
    table.push_back({"bit_xor", kind, kind, fold<kind, kind, take, xor_bits>});
}

template <Kind kind>
void add_extremes(std::vector<FoldEntry>& table) {
    table.push_back({"min", kind, kind, fold<kind, kind, take, keep_least>});
    table.push_back({"max", kind, kind, fold<kind, kind, take, keep_greatest>});
}

std::vector<FoldEntry> make_table() {
    using enum Kind;
    std::vector<FoldEntry> table{
        {"sum", int16, int64, fold<int16, int64, take, add_integer>},
        {"sum", int32, int64, fold<int32, int64, take, add_integer>},
        {"sum", int64, numeric, fold<int64, numeric, take_as_numeric, add_as_numeric>},
        {"sum", numeric, numeric, fold<numeric, numeric, take_numeric, add_numeric>},
        {"sum", float64, float64, fold<float64, float64, take_float, add_float>},
        {"bool_and", boolean, boolean, fold<boolean, boolean, take, keep_least>},
        {"bool_or", boolean, boolean, fold<boolean, boolean, take, keep_greatest>},
        {"every", boolean, boolean, fold<boolean, boolean, take, keep_least>},
    };
    add_bits<int16>(table);
    add_bits<int32>(table);
    add_bits<int64>(table);
    add_extremes<int16>(table);
    add_extremes<int32>(table);
    add_extremes<int64>(table);
    add_extremes<float32>(table);
    add_extremes<float64>(table);
    add_extremes<numeric>(table);
    add_extremes<text>(table);
    add_extremes<date>(table);
    add_extremes<time>(table);
    add_extremes<timestamp>(table);
    add_extremes<timestamptz>(table);
    return table;
}

const std::vector<FoldEntry>& table() {
    static const std::vector<FoldEntry> entries = make_table();
    return entries;
}

constexpr FoldEntry counting{"count", Kind::other, Kind::int64, count_values};

}  // namespace

const FoldEntry* find_fold(std::string_view function, Kind argument) {
    if (function == counting.function) return &counting;
    const auto found = std::ranges::find_if(table(), [&](const FoldEntry& entry) {
        return entry.function == function && entry.argument == argument;
    });
    return found == table().end() ? nullptr : &*found;
}

bool count_rows(Vector& state, RowGroups groups, const Values*, const Values* filter) {
    for (std::size_t row = 0; row < groups.size(); ++row)
        if (!is_left_out(filter, row))
            state.set(groups[row], state.at<std::int64_t>(groups[row]) + 1);
    return true;
}

}  // namespace tidewheel::engine
