// A URL, and a reference that a server redirects to, on two lines.
#include "fuzz.hpp"
#include "tidewheel/core/url.hpp"

using namespace tidewheel;
using fuzz::require;

namespace {

void check(const Url& url) {
    require(!url.host.empty() && !url.port.empty() && url.target.starts_with('/'), "not whole");
    const std::string text = url.text();
    require(text.find_first_of(" \r\n") == std::string::npos, "more than one word");
    auto again = parse_url(text);
    require(again.has_value(), "not read again: " + text);
    again->user_info = url.user_info;
    require(*again == url, "another URL: " + text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const std::string_view first = text.substr(0, text.find('\n'));
    const auto url = parse_url(first);
    if (!url) return 0;
    check(*url);
    if (first.size() < text.size())
        if (const auto next = resolve_reference(*url, text.substr(first.size() + 1))) check(*next);
    return 0;
}
