#pragma once
#include <cstddef>
#include <vector>

#include "tidewheel/engine/arena.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {

// So many zero bytes follow the value of a copied record: parsers may load a vector that begins
// before its end.
inline constexpr std::size_t value_padding = 32;

// The same record, in the arena's memory. `scratch` is used again for every record.
Record copy_of(const Record& record, Arena& arena, std::vector<Header>& scratch);

}  // namespace tidewheel::engine
