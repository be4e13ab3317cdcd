#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/http/server.hpp"

namespace tidewheel::ingress {

// What is wrong with one record of a request.
struct RecordError {
    std::size_t index = 0;  // in the body, from 0
    std::size_t line = 0;   // of NDJSON, from 1; 0: not known
    std::string reason;     // as dead letters have it: wrong_type, missing_field…
    std::string field;      // its path in the record, customer.id; empty: the record as a whole
    std::string detail;
};

// An answer that says no, as RFC 9457 has it.
struct Problem {
    int status = 400;
    std::string detail;
    std::vector<RecordError> errors = {};
    std::map<std::string, std::string> headers = {};
    std::size_t refused = 0;  // records; more than there are errors where these are the first
};

// An answer names at most so many records.
inline constexpr std::size_t most_errors_named = 100;
// An array of these, or of the first of them.
codec::Json as_json(const std::vector<RecordError>& errors);

// application/problem+json
http::Response response_of(Problem problem);

}  // namespace tidewheel::ingress
