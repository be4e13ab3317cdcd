#include "tidewheel/core/url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace tidewheel {
namespace {

std::string_view default_port(std::string_view scheme) {
    return scheme == "https" || scheme == "wss" ? "443" : "80";
}

bool is_scheme(std::string_view text) {
    return text == "http" || text == "https" || text == "ws" || text == "wss";
}

bool can_be_sent(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 127; });
}

bool is_port(std::string_view text) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number > 0;
}

bool is_host(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) || c == '.' || c == '-' || c == '_';
    });
}

bool is_ipv6(std::string_view text) {
    return text.find(':') != std::string_view::npos &&
           std::ranges::all_of(
               text, [](unsigned char c) { return std::isxdigit(c) || c == ':' || c == '.'; });
}

// Fills user, host and port. False: it is no authority.
bool read_authority(std::string_view text, Url& url) {
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        url.user_info = text.substr(0, at);
        text.remove_prefix(at + 1);
    }
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
        url.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        if (!is_host(text.substr(0, colon))) return false;
        url.host = text.substr(0, colon);
        rest = text.substr(colon);
    }
    url.port = default_port(url.scheme);
    if (rest.empty()) return true;
    if (!rest.starts_with(':') || !is_port(rest.substr(1))) return false;
    url.port = rest.substr(1);
    return true;
}

}  // namespace

std::string Url::authority() const {
    const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == default_port(scheme) ? name : name + ":" + port;
}

std::string Url::text() const {
    return scheme + "://" + authority() + target;
}

std::optional<Url> parse_url(std::string_view text) {
    if (!can_be_sent(text)) return std::nullopt;
    const auto colon = text.find("://");
    if (colon == std::string_view::npos) return std::nullopt;
    Url url;
    url.scheme = text.substr(0, colon);
    std::ranges::transform(url.scheme, url.scheme.begin(),
                           [](unsigned char c) { return std::tolower(c); });
    if (!is_scheme(url.scheme)) return std::nullopt;
    text.remove_prefix(colon + 3);
    text = text.substr(0, text.find('#'));
    const auto end = std::min(text.find_first_of("/?"), text.size());
    if (!read_authority(text.substr(0, end), url)) return std::nullopt;
    url.target = text.substr(end);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

std::optional<Url> resolve_reference(const Url& base, std::string_view reference) {
    if (reference.find("://") < reference.find_first_of("/?#")) return parse_url(reference);
    if (reference.starts_with("//")) return parse_url(base.scheme + ":" + std::string(reference));
    reference = reference.substr(0, reference.find('#'));
    if (!can_be_sent(reference)) return std::nullopt;
    Url url = base;
    if (reference.empty()) return url;
    const std::string path = base.target.substr(0, base.target.find('?'));
    if (reference.starts_with('/'))
        url.target = reference;
    else if (reference.starts_with('?'))
        url.target = path + std::string(reference);
    else
        url.target = path.substr(0, path.rfind('/') + 1) + std::string(reference);
    return url;
}

}  // namespace tidewheel
