#pragma once
#include <string>
#include <vector>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::ingress {

// The paths of these streams, and what may be sent there, as OpenAPI 3.1: made of the streams' own
// DDL.
std::string openapi_document(const std::vector<const sql::Stream*>& streams);

}  // namespace tidewheel::ingress
