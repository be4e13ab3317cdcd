#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/core/result.hpp"

namespace tidewheel::codec {

// The elements of the array at a path of members in a JSON document, each as it is written there;
// an empty path is the document itself. What stands there and is no array is its only element. The
// views are into `document`. The failure says what is wrong, and where: the document is not JSON by
// the rules of records (docs/reference/json.md), or nothing stands at the path.
Result<std::vector<std::string_view>, std::string> json_elements(
    std::string_view document, const std::vector<std::string>& path);

}  // namespace tidewheel::codec
