#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tidewheel/engine/batch.hpp"

namespace tidewheel::engine {

// A column of a key: the value of the i-th row is at rows[i], or at i.
struct KeyColumn {
    const Vector* values;
    const std::uint32_t* rows = nullptr;

    std::size_t place(std::uint32_t i) const { return rows ? rows[i] : i; }
};

// Whether keys can have values of this kind.
bool can_order_by(Kind kind);

// Puts rows in the order of their keys.
class KeyOrder {
  public:
    // The numbers of the rows, from 0 to before `rows`: in the order of the key, NULL last, texts by
    // their bytes; equal ones in the order of their numbers. false: it can't be told.
    bool sort(std::span<const KeyColumn> key, std::size_t rows, std::vector<std::uint32_t>& order);
    // Of sorted rows: leaves out each whose key is that of the one before, and has no NULL.
    bool keep_first(std::span<const KeyColumn> key, std::vector<std::uint32_t>& order);
    // Sorted rows: the first of each key, then the second of each, and so on; or from the last of
    // each key on. `ends`: of these rounds.
    bool split(std::span<const KeyColumn> key, bool from_last, std::vector<std::uint32_t>& order,
               std::vector<std::size_t>& ends);

  private:
    // Most comparisons are settled by a number that has the order of the first column's values.
    std::vector<std::pair<std::uint64_t, std::uint32_t>> entries_;
    std::vector<std::uint32_t> sorted_, rounds_;
};

}  // namespace tidewheel::engine
