#include "plan.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "tidewheel/core/error.hpp"

namespace tidewheel::source {
namespace {

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
        return c < 128 &&
               (std::isalnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) !=
                                       std::string_view::npos);
    });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

bool is_value(std::string_view text) {
    return std::ranges::none_of(text,
                                [](unsigned char c) { return (c < ' ' && c != '\t') || c == 127; });
}

}  // namespace

Plan plan_of(const catalogue::StoredStream& stream) {
    Plan plan{stream.id,           stream.stream.name.text(), sql::label(stream.stream.name),
              stream.stream.topic, stream.stream.source,      {}};
    if (!stream.stream.key.empty()) {
        engine::Column column = stream.schema.columns.at(
            static_cast<std::size_t>(stream.schema.find(stream.stream.key)));
        column.not_null = false;
        plan.key.columns.push_back(std::move(column));
    }
    return plan;
}

http::Reach reach_of(const Settings& settings, const std::string& url) {
    std::string proxy = settings.source_proxy;
    if (proxy == "none")
        proxy.clear();
    else if (proxy.empty()) {
        if (const auto parsed = parse_url(url)) proxy = http::environment_proxy(*parsed);
    }
    return {.ca_file = settings.source_ca_file, .proxy = std::move(proxy)};
}

// What is wrong is not shown: it may be the secret.
http::Headers headers_of(const Settings& settings, const std::string& label) {
    http::Headers headers;
    if (settings.source_headers.empty() || label.find('/') != std::string::npos) return headers;
    const std::filesystem::path path = std::filesystem::path(settings.source_headers) / label;
    if (std::error_code error; !std::filesystem::exists(path, error)) return headers;
    std::ifstream file(path);
    if (!file)
        throw Error(Error::Kind::refused, "can't read the headers in " + path.string(),
                    "Give this user the right to read the file.");
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        const std::string_view text = trimmed(line);
        if (text.empty()) continue;
        const auto colon = text.find(':');
        const std::string_view name = text.substr(0, colon);
        const std::string_view value =
            colon == std::string_view::npos ? "" : trimmed(text.substr(colon + 1));
        if (!is_token(name) || value.empty() || !is_value(value))
            throw Error(
                Error::Kind::refused,
                "line " + std::to_string(number) + " of " + path.string() + " is not a header",
                "Write one header a line, such as Authorization: Bearer …");
        headers[std::string(name)] = value;
    }
    return headers;
}

}  // namespace tidewheel::source
