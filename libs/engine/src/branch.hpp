#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "tidewheel/engine/program.hpp"

namespace tidewheel::engine {

// The rows that take a branch (of CASE, COALESCE): which ones of the batch, and their places among
// the rows of the whole.
struct Branch {
    std::array<std::uint32_t, Program::most_rows> rows, places;
    std::size_t size = 0;

    void add(std::uint32_t row, std::uint32_t place) {
        rows[size] = row;
        places[size++] = place;
    }
    void add_all(RowNumbers all) {
        for (std::size_t i = 0; i < all.size(); ++i)
            add(all[i], static_cast<std::uint32_t>(i));
    }
    RowNumbers numbers() const { return {rows.data(), size}; }

    // Takes out those that `leaves` says (of their index here), in their order.
    template <class Leaves>
    void remove_if(Leaves&& leaves) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size; ++i) {
            if (leaves(i)) continue;
            rows[kept] = rows[i];
            places[kept++] = places[i];
        }
        size = kept;
    }
};

}  // namespace tidewheel::engine
