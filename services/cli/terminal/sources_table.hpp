#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/sources.hpp"
#include "tidewheel/codec/json.hpp"

namespace tidewheel::cli {

// What `tidewheel status` shows of the sources: a line each, or nothing where there are none.
std::string sources_table(const std::vector<catalogue::SourceStatus>& sources);
codec::Json as_json(const std::vector<catalogue::SourceStatus>& sources);

}  // namespace tidewheel::cli
