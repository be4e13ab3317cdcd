#include "key_order.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <string_view>

#include "ordering.hpp"

namespace tidewheel::engine {
namespace {

constexpr std::uint64_t sign = std::uint64_t{1} << 63;

// A number for a value: where two of them differ, so do the values, in the same order.
std::uint64_t prefix_of(const std::uint8_t& value) {
    return value;
}
std::uint64_t prefix_of(const std::int32_t& value) {
    return static_cast<std::uint64_t>(std::int64_t{value}) ^ sign;
}
std::uint64_t prefix_of(const std::int64_t& value) {
    return static_cast<std::uint64_t>(value) ^ sign;
}
std::uint64_t prefix_of_bytes(const void* bytes, std::size_t size) {
    std::uint64_t prefix = 0;
    if (size > 0) std::memcpy(&prefix, bytes, std::min(size, sizeof prefix));
    return std::endian::native == std::endian::little ? __builtin_bswap64(prefix) : prefix;
}
std::uint64_t prefix_of(const std::string_view& value) {
    return prefix_of_bytes(value.data(), value.size());
}
std::uint64_t prefix_of(const Uuid& value) {
    return prefix_of_bytes(value.bytes, sizeof value.bytes);
}
std::uint64_t prefix_of(const double&) {
    return 0;
}
std::uint64_t prefix_of(const Numeric&) {
    return 0;
}

// Calls `action` with a value of the kind's C++ type.
template <class Action>
bool with_type_of(Kind kind, Action&& action) {
    switch (kind) {
        case Kind::boolean:
            return action(std::uint8_t{});
        case Kind::int16:
        case Kind::int32:
        case Kind::date:
            return action(std::int32_t{});
        case Kind::int64:
        case Kind::time:
        case Kind::timestamp:
        case Kind::timestamptz:
            return action(std::int64_t{});
        case Kind::float32:
        case Kind::float64:
            return action(double{});
        case Kind::numeric:
            return action(Numeric{});
        case Kind::text:
        case Kind::varchar:
            return action(std::string_view{});
        case Kind::uuid:
            return action(Uuid{});
        case Kind::json:
        case Kind::jsonb:
        case Kind::bytea:
        case Kind::other:
            break;
    }
    return false;
}

// The order of two rows by a key. Can fail once, for good.
class Comparison {
  public:
    explicit Comparison(std::span<const KeyColumn> key) : key_(key) {}

    int operator()(std::uint32_t a, std::uint32_t b) {
        int order = 0;
        for (auto column = key_.begin(); column != key_.end() && order == 0; ++column)
            order = by(*column, a, b);
        return order;
    }
    bool has_null(std::uint32_t row) const {
        return std::ranges::any_of(key_, [&](const KeyColumn& column) {
            return column.values->is_null(column.place(row));
        });
    }
    bool failed() const { return failed_; }

  private:
    int by(const KeyColumn& column, std::uint32_t a, std::uint32_t b) {
        const Vector& values = *column.values;
        const std::size_t at_a = column.place(a), at_b = column.place(b);
        const bool no_a = values.is_null(at_a), no_b = values.is_null(at_b);
        if (no_a || no_b) return int{no_a} - int{no_b};
        int order = 0;
        const bool known = with_type_of(values.kind(), [&]<class T>(T) {
            return order_between(values.at<T>(at_a), values.at<T>(at_b), order);
        });
        failed_ |= !known;
        return order;
    }

    std::span<const KeyColumn> key_;
    bool failed_ = false;
};

}  // namespace

bool can_order_by(Kind kind) {
    return with_type_of(kind, [](auto) { return true; });
}

bool KeyOrder::sort(std::span<const KeyColumn> key, std::size_t rows,
                    std::vector<std::uint32_t>& order) {
    const KeyColumn& first = key.front();
    entries_.resize(rows);
    with_type_of(first.values->kind(), [&]<class T>(T) {
        for (std::uint32_t row = 0; row < rows; ++row) {
            const std::size_t place = first.place(row);
            const bool is_null = first.values->is_null(place);
            entries_[row] = {is_null ? ~std::uint64_t{0} : prefix_of(first.values->at<T>(place)),
                             row};
        }
        return true;
    });
    Comparison compare(key);
    // Unlike sort() it bears a comparison that fails half-way.
    std::ranges::stable_sort(entries_, [&](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : compare(a.second, b.second) < 0;
    });
    order.resize(rows);
    std::ranges::transform(entries_, order.begin(),
                           &std::pair<std::uint64_t, std::uint32_t>::second);
    return !compare.failed();
}

bool KeyOrder::keep_first(std::span<const KeyColumn> key, std::vector<std::uint32_t>& order) {
    Comparison compare(key);
    const auto repeats = [&](std::uint32_t a, std::uint32_t b) {
        return compare(a, b) == 0 && !compare.has_null(a);
    };
    order.erase(std::unique(order.begin(), order.end(), repeats), order.end());
    return !compare.failed();
}

bool KeyOrder::split(std::span<const KeyColumn> key, bool from_last,
                     std::vector<std::uint32_t>& order, std::vector<std::size_t>& ends) {
    Comparison compare(key);
    rounds_.resize(order.size());
    std::vector<std::size_t> sizes;
    for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
        while (last < order.size() && compare(order[first], order[last]) == 0)
            ++last;
        sizes.resize(std::max(sizes.size(), last - first));
        for (std::size_t row = first; row < last; ++row) {
            rounds_[row] = static_cast<std::uint32_t>(from_last ? last - 1 - row : row - first);
            ++sizes[rounds_[row]];
        }
    }
    sorted_.swap(order);
    order.resize(sorted_.size());
    ends.resize(sizes.size());
    std::exclusive_scan(sizes.begin(), sizes.end(), ends.begin(), std::size_t{0});
    for (std::size_t row = 0; row < sorted_.size(); ++row)
        order[ends[rounds_[row]]++] = sorted_[row];
    return !compare.failed();
}

}  // namespace tidewheel::engine
