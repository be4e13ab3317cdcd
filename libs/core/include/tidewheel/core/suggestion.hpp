#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel {

// The candidate that was probably meant by a mistyped word; nullopt: none is near. Near is what a
// third of the word's characters turn into it, one of them at least, by being added, left out,
// changed, or swapped with the next (the "optimal string alignment" distance).
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

// "Did you mean status?"; empty when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tidewheel
