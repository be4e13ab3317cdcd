#pragma once
#include "kernels.hpp"
#include "tidewheel/engine/schema.hpp"

namespace tidewheel::engine {

// Casts that the engine computes itself, to a type without a modifier. nullptr: PostgreSQL's.
Kernel find_cast(Kind from, Kind to);
// The second half of a cast to a type with a modifier, over values of that type: numeric(10,2).
// nullptr: PostgreSQL's.
Kernel find_modifier(const Type& type);

}  // namespace tidewheel::engine
