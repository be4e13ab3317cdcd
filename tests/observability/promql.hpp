// What a PromQL query is about: enough of the language to know which labels its result has.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

namespace tidewheel::observability {

using Labels = std::set<std::string>;
using Catalogue = std::map<std::string, Labels>;  // the names of series, and the labels of each

// The labels of a query's result; none when that is a number. Throws std::runtime_error, which says
// what is wrong, when the query names a metric that isn't in the catalogue or a label that isn't
// there, matches vectors that can never match, takes a rate of what is no counter, or uses a part
// of the language that was not needed yet.
std::optional<Labels> labels_of(const std::string& query, const Catalogue& catalogue);

}  // namespace tidewheel::observability
