#include "tidewheel/engine/schema.hpp"

#include <algorithm>

namespace tidewheel::engine {

// PostgreSQL adds the size of a varlena header to these modifiers (VARHDRSZ), so that 0 can't mean
// "none".
static constexpr int modifier_offset = 4;

// numeric.c, make_numeric_typmod: precision in the upper half, scale in eleven signed bits.
std::optional<NumericLimit> numeric_limit(const Type& type) {
    if (type.kind != Kind::numeric || type.typmod < modifier_offset) return std::nullopt;
    const int packed = type.typmod - modifier_offset;
    return NumericLimit{.precision = (packed >> 16) & 0xffff,
                        .scale = ((packed & 0x7ff) ^ 1024) - 1024};
}

std::optional<int> length_limit(const Type& type) {
    if (type.kind != Kind::varchar || type.typmod < modifier_offset) return std::nullopt;
    return type.typmod - modifier_offset;
}

const std::vector<int>* Route::partitions_of(std::string_view value) const {
    const auto rule = std::ranges::find(rules, value, &Rule::value);
    return rule == rules.end() ? nullptr : &rule->partitions;
}

int Schema::find(std::string_view column) const {
    const auto found = std::ranges::find(columns, column, &Column::name);
    return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
}

bool Schema::takes_tombstones() const {
    return std::ranges::find(columns, ColumnOrigin::tombstone, &Column::source) != columns.end();
}

bool Schema::needs(std::size_t column) const {
    return column >= needed.size() || needed[column] || static_cast<int>(column) == event_time;
}

}  // namespace tidewheel::engine
