#pragma once
#include <cstddef>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {

// A text that PostgreSQL reads as this value: the same number with the same digits shown, the same
// moment under UTC. Of what the engine can compute: no numeric of more than 38 digits.
postgres::Parameter value_text(const engine::Vector& column, std::size_t row);

}  // namespace tidewheel::executor
