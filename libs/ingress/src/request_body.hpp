#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "body.hpp"
#include "problem.hpp"
#include "tidewheel/http/server.hpp"

namespace tidewheel::ingress {

// A body without what it was wrapped in, and how it is divided.
struct RequestBody {
    std::string text;
    Result<RawRecords, std::string> (*split)(std::string_view body);
};

// By Content-Type and Content-Encoding. The problem: 415, 413 or 400.
Result<RequestBody, Problem> read_body(http::Request&& request, std::size_t most_bytes);

}  // namespace tidewheel::ingress
