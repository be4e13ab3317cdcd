#include "target.hpp"

#include <charconv>
#include <cstdint>

namespace tidewheel::http {
namespace {

std::optional<char> decode_byte(std::string_view hex) {
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
    if (hex.size() != 2 || error != std::errc{} || end != hex.data() + 2) return std::nullopt;
    return static_cast<char>(byte);
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const auto byte = decode_byte(text.substr(i + 1, 2));
            if (!byte || *byte == '\0') return std::nullopt;
            c = *byte;
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        decoded += c;
    }
    return decoded;
}

// What stands before the separator; `text` becomes what follows it.
std::string_view cut(std::string_view& text, char separator) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view text) {
    std::map<std::string, std::string> query;
    while (!text.empty()) {
        std::string_view pair = cut(text, '&');
        if (pair.empty()) continue;
        auto name = percent_decoded(cut(pair, '='), true);
        auto value = percent_decoded(pair, true);
        if (!name || !value) return std::nullopt;
        query[*std::move(name)] = *std::move(value);
    }
    return query;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
    constexpr std::string_view scheme = "http://";
    if (target.starts_with(scheme)) {
        target.remove_prefix(std::min(target.find('/', scheme.size()), target.size()));
        if (target.empty()) target = "/";
    }
    if (!target.starts_with('/')) return std::nullopt;
    auto path = percent_decoded(cut(target, '?'), false);
    auto query = parse_query(target);
    if (!path || !query) return std::nullopt;
    return Target{*std::move(path), *std::move(query)};
}

std::optional<Address> parse_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return std::nullopt;  // IPv6 without brackets: no telling where the port starts
    }
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (host.empty() || error != std::errc{} || end != port.data() + port.size()) {
        return std::nullopt;
    }
    return Address{std::string(host), std::string(port)};
}

}  // namespace tidewheel::http
