#include "group_index.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <string_view>

#include "ordering.hpp"

namespace tidewheel::engine {
namespace {

constexpr std::size_t first_capacity = 64;

// Of integers: the multiplication of splitmix64.
std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

std::uint64_t hash_of(std::uint8_t value) {
    return mixed(value);
}
std::uint64_t hash_of(std::int32_t value) {
    return mixed(static_cast<std::uint64_t>(value));
}
std::uint64_t hash_of(std::int64_t value) {
    return mixed(static_cast<std::uint64_t>(value));
}
std::uint64_t hash_of(std::string_view value) {
    return std::hash<std::string_view>()(value);
}
std::uint64_t hash_of(const Uuid& value) {
    std::uint64_t halves[2];
    std::memcpy(halves, value.bytes, sizeof halves);
    return mixed(halves[0] ^ std::rotl(halves[1], 32));
}
// Equal ones alike: 0 and -0, every NaN.
std::uint64_t hash_of(double value) {
    if (value == 0) return mixed(0);
    return std::isnan(value) ? mixed(1) : mixed(std::bit_cast<std::uint64_t>(value));
}
// Equal ones alike, whatever their scale.
std::uint64_t hash_of(const Numeric& value) {
    Numeric::Int128 rest = value.unscaled();
    int scale = value.scale;
    if (rest == 0) return mixed(0);
    for (; rest % 10 == 0; rest /= 10)
        --scale;
    return mixed(static_cast<std::uint64_t>(rest) ^ mixed(static_cast<std::uint64_t>(scale)));
}

template <class T>
void add_hashes(const Values& key, std::size_t rows, std::vector<std::uint64_t>& hashes) {
    const T* values = key.as<T>();
    for (std::size_t row = 0; row < rows; ++row)
        hashes[row] = std::rotl(hashes[row], 23) * 0x9e3779b97f4a7c15u ^
                      (key.is_null(row) ? 0 : hash_of(values[row]));
}

// Are they the same key? NULL is one.
template <class T>
bool is_same(const Values& key, std::size_t row, const Vector& column, std::size_t group,
             bool& same) {
    const bool no_key = key.is_null(row), no_group = column.is_null(group);
    same = no_key && no_group;
    if (no_key || no_group) return true;
    int order = 0;
    if (!order_between(key.as<T>()[row], column.at<T>(group), order)) return false;
    same = order == 0;
    return true;
}

template <class T>
void keep(const Values& key, std::size_t row, Vector& column, std::size_t group) {
    if (!key.is_null(row)) column.set(group, key.as<T>()[row]);
}

struct KeyFunctions {
    void (*add_hashes)(const Values&, std::size_t, std::vector<std::uint64_t>&);
    bool (*is_same)(const Values&, std::size_t, const Vector&, std::size_t, bool&);
    void (*keep)(const Values&, std::size_t, Vector&, std::size_t);
};
template <class T>
constexpr KeyFunctions functions{add_hashes<T>, is_same<T>, keep<T>};

const KeyFunctions* functions_of(Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return &functions<std::uint8_t>;
        case Kind::int16:
        case Kind::int32:
        case Kind::date:
            return &functions<std::int32_t>;
        case Kind::int64:
        case Kind::time:
        case Kind::timestamp:
        case Kind::timestamptz:
            return &functions<std::int64_t>;
        case Kind::float32:
        case Kind::float64:
            return &functions<double>;
        case Kind::numeric:
            return &functions<Numeric>;
        case Kind::uuid:
            return &functions<Uuid>;
        case Kind::text:
        case Kind::varchar:
            return &functions<std::string_view>;
        case Kind::json:
        case Kind::jsonb:
        case Kind::bytea:
        case Kind::other:
            break;
    }
    return nullptr;
}

bool has_wide(const Values& key, std::size_t rows) {
    if (key.kind != Kind::numeric) return false;
    for (std::size_t row = 0; row < rows; ++row)
        if (!key.is_null(row) && key.as<Numeric>()[row].is_wide()) return true;
    return false;
}

}  // namespace

bool can_group_by(Kind kind) {
    return functions_of(kind) != nullptr;
}

void GroupIndex::clear() {
    slots_.clear();
    hashes_.clear();
    capacity_ = 0;
}

// At most half full.
void GroupIndex::grow(std::vector<Vector>& columns, std::size_t size) {
    if (size < capacity_) return;
    capacity_ = std::max(first_capacity, 2 * capacity_);
    for (Vector& column : columns)
        column.resize(capacity_);
    slots_.assign(2 * capacity_, 0);
    for (std::size_t group = 0; group < size; ++group) {
        std::size_t slot = hashes_[group] & (slots_.size() - 1);
        while (slots_[slot] != 0)
            slot = (slot + 1) & (slots_.size() - 1);
        slots_[slot] = static_cast<std::uint32_t>(group + 1);
    }
}

bool GroupIndex::find(std::span<const Values> keys, std::size_t rows, std::vector<Vector>& columns,
                      std::size_t& size, std::uint32_t* groups) {
    row_hashes_.assign(rows, 0);
    for (const Values& key : keys) {
        if (has_wide(key, rows)) return false;
        functions_of(key.kind)->add_hashes(key, rows, row_hashes_);
    }
    for (std::size_t row = 0; row < rows; ++row) {
        grow(columns, size);
        const std::uint64_t hash = mixed(row_hashes_[row]);
        std::size_t slot = hash & (slots_.size() - 1);
        for (;; slot = (slot + 1) & (slots_.size() - 1)) {
            if (slots_[slot] == 0) {
                for (std::size_t key = 0; key < keys.size(); ++key)
                    functions_of(keys[key].kind)->keep(keys[key], row, columns[key], size);
                hashes_.push_back(hash);
                slots_[slot] = static_cast<std::uint32_t>(++size);
                break;
            }
            const std::size_t group = slots_[slot] - 1;
            if (hashes_[group] != hash) continue;
            bool same = true;
            for (std::size_t key = 0; key < keys.size() && same; ++key)
                if (!functions_of(keys[key].kind)
                         ->is_same(keys[key], row, columns[key], group, same))
                    return false;
            if (same) break;
        }
        groups[row] = slots_[slot] - 1;
    }
    return true;
}

}  // namespace tidewheel::engine
