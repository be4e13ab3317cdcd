#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "tidewheel/http/client.hpp"

namespace tidewheel::http {
namespace {

std::string variable(const char* lower, const char* upper) {
    for (const char* name : {lower, upper})
        if (const char* value = name ? std::getenv(name) : nullptr; value && *value) return value;
    return {};
}

std::string in_lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

// "example.com" and ".example.com" stand for the domain and all below it.
bool is_excepted(const std::string& host, const std::string& list) {
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        std::string entry = list.substr(begin, end - begin);
        begin = end + 1;
        std::erase(entry, ' ');
        if (entry == "*") return true;
        if (entry.starts_with('.')) entry.erase(0, 1);
        if (!entry.empty() && (host == entry || host.ends_with("." + entry))) return true;
    }
    return false;
}

}  // namespace

// HTTP_PROXY in capitals is left alone: to a CGI program it is a header of the request.
std::string environment_proxy(const Url& url) {
    if (is_excepted(in_lower_case(url.host), in_lower_case(variable("no_proxy", "NO_PROXY"))))
        return {};
    std::string proxy =
        url.is_secure() ? variable("https_proxy", "HTTPS_PROXY") : variable("http_proxy", nullptr);
    return proxy.empty() ? variable("all_proxy", "ALL_PROXY") : proxy;
}

}  // namespace tidewheel::http
