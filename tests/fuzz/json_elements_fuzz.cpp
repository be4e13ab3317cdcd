// A body that was polled: its first line is the path of its records.
#include "fuzz.hpp"
#include "tidewheel/codec/json_elements.hpp"

using namespace tidewheel;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view body = text.substr(std::min(line.size() + 1, text.size()));
    std::vector<std::string> path;
    if (!line.empty()) path.emplace_back(line);
    const auto elements = codec::json_elements(body, path);
    if (!elements) {
        require(!elements.failure().empty(), "refused without a word");
        return 0;
    }
    const char* end = body.data();
    for (const std::string_view element : *elements) {
        require(!element.empty() && element.data() >= end, "not in the order of the body");
        end = element.data() + element.size();
        require(end <= body.data() + body.size(), "beyond the body");
        require(static_cast<bool>(codec::json_elements(element, {})), "not JSON by itself");
    }
    return 0;
}
