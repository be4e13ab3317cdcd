#include "tidewheel/core/origin.hpp"

#include <algorithm>
#include <cctype>

namespace tidewheel {

bool is_same_origin(const Url& one, const Url& other) {
    const auto same_letter = [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
    };
    return one.scheme == other.scheme && one.port == other.port &&
           std::ranges::equal(one.host, other.host, same_letter);
}

std::optional<std::vector<Url>> parse_urls(std::string_view text) {
    std::vector<Url> urls;
    while (true) {
        const auto comma = text.find(',');
        auto url = parse_url(text.substr(0, comma));
        if (!url) return std::nullopt;
        urls.push_back(*std::move(url));
        if (comma == std::string_view::npos) return urls;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace tidewheel
