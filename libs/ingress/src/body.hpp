#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/core/result.hpp"

namespace tidewheel::ingress {

// One record of a body, as the client wrote it.
struct RawRecord {
    std::string_view text;
    std::size_t line = 0;  // of NDJSON, from 1; 0: the body is JSON
};
using RawRecords = std::vector<RawRecord>;

// Where the records of a body begin and end: of application/json one object, or the elements of an
// array. Each is still to be parsed. The failure says what is wrong with the body as a whole.
Result<RawRecords, std::string> split_json(std::string_view body);
// Of application/x-ndjson: every line that isn't blank.
Result<RawRecords, std::string> split_lines(std::string_view body);

}  // namespace tidewheel::ingress
