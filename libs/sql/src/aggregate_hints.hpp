#pragma once
#include <string>
#include <string_view>

// What is possible instead of an aggregate that a continuous view can't keep by deltas.
namespace tidewheel::sql {

// "A continuous view can keep count, sum, … and every": a sentence without its period.
std::string kept_aggregates_are();
// For DISTINCT in one that is.
std::string hint_for_distinct(std::string_view name);

}  // namespace tidewheel::sql
