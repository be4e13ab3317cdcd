#pragma once
#include <filesystem>
#include <string>

namespace tidewheel::capture {

// Which directory it is, wherever it is mounted: a word in the file .tidewheel-files.
// `known`: where the lane's files have been written so far; empty: nowhere, so that the directory
// may be given its word now. Throws Error (unavailable) if it is another directory: one that is
// not mounted, say, would get files that nobody finds.
std::string directory_id(const std::filesystem::path& root, const std::string& known);

}  // namespace tidewheel::capture
