#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tidewheel/engine/expression.hpp"
#include "time_math.hpp"

namespace tidewheel::engine {

// The form that is read below, of a constant that is not NULL.
inline const std::string& text_of_constant(const Expression& constant) {
    return constant.binary.empty() ? *constant.constant : constant.binary;
}

// Reads it into the form that Vector holds a value in. A text's value views `text`, which must
// outlive it. false: not this kind, or not this text.
bool read_constant(Kind kind, const std::string& text, std::vector<std::byte>& value);
// Of an interval; false, too: one that is out of bounds for a calendar.
bool read_constant(const std::string& text, Interval& interval);

}  // namespace tidewheel::engine
