#include "tidewheel/sql/redis_options.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "deparse.hpp"

namespace tidewheel::sql {
namespace {

constexpr std::string_view scheme = "redis://";
constexpr const char* form = "is not a URL like redis://host:6379/0";

std::optional<int> number(std::string_view text, int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most)
        return std::nullopt;
    return value;
}

// Cuts the text at the first `sign`; what follows it. nullopt: there is none.
std::optional<std::string_view> cut(std::string_view& text, char sign) {
    const auto found = text.find(sign);
    if (found == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(found + 1);
    text = text.substr(0, found);
    return rest;
}

// Takes the host off the front: host or [::1].
std::optional<std::string> take_host(std::string_view& text) {
    std::size_t end = std::min(text.find(':'), text.size());
    std::string_view host = text.substr(0, end);
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end++ - 1);
    }
    text.remove_prefix(end);
    if (host.empty()) return std::nullopt;
    return std::string(host);
}

std::optional<RedisUrl> read(std::string_view text) {
    RedisUrl url;
    if (std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c >= 127; }))
        return std::nullopt;
    if (const auto database = cut(text, '/'); database && !database->empty()) {
        const auto index = number(*database, 1'000'000);
        if (!index) return std::nullopt;
        url.database = *index;
    }
    if (const auto rest = cut(text, '@')) {
        url.user = text;
        text = *rest;
    }
    const auto host = take_host(text);
    if (!host) return std::nullopt;
    url.host = *host;
    if (text.empty()) return url;
    const auto port = number(text.substr(1), 65535);
    if (text.front() != ':' || !port || *port == 0) return std::nullopt;
    url.port = *port;
    return url;
}

std::string column(const std::string& name) {
    return "o." + ast::quote_identifier(name);
}

}  // namespace

std::string RedisUrl::address() const {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
           std::to_string(port);
}

std::optional<std::string> wrong_redis_url(const std::string& url) {
    if (url.starts_with("rediss://"))
        return "is not supported: there is no TLS to Redis yet; a proxy beside it, such as "
               "stunnel, "
               "has it";
    if (!url.starts_with(scheme)) return form;
    std::string_view rest = std::string_view(url).substr(scheme.size());
    std::string_view account = rest.substr(0, rest.find('@'));
    if (account.size() < rest.size() && account.find(':') != std::string_view::npos)
        return "has a password in it: write it to a file, and name that in the option "
               "password_file";
    if (!read(rest)) return form;
    return std::nullopt;
}

RedisUrl parse_redis_url(const std::string& url) {
    return read(std::string_view(url).substr(scheme.size())).value();
}

RedisColumns redis_columns(const Sink& sink) {
    RedisColumns columns{sink.option("key"),
                         sink.option("value"),
                         sink.option("deleted"),
                         sink.option("truncated"),
                         {}};
    if (columns.key.empty()) columns.key = "key";
    if (columns.value.empty() && std::ranges::count(sink.columns, "value")) columns.value = "value";
    std::ranges::copy_if(
        sink.columns, std::back_inserter(columns.members), [&](const std::string& name) {
            return name != columns.key && name != columns.deleted && name != columns.truncated;
        });
    return columns;
}

std::string redis_value(const RedisColumns& columns) {
    std::string members;
    for (const std::string& name : columns.members)
        members += (members.empty() ? "" : ", ") + column(name);
    const std::string value = columns.value.empty()
                                  ? "(SELECT row_to_json(r) FROM (SELECT " + members + ") r)::text"
                                  : column(columns.value) + "::text";
    std::string absent;
    for (const std::string& name : {columns.deleted, columns.truncated})
        if (!name.empty()) absent += (absent.empty() ? "" : " OR ") + column(name);
    return absent.empty() ? value : "CASE WHEN " + absent + " THEN NULL ELSE " + value + " END";
}

std::string redis_deletion(const RedisColumns& columns) {
    return redis_value(columns) + " IS NULL";
}

std::string redis_truncation(const RedisColumns& columns) {
    return columns.truncated.empty() ? "" : column(columns.truncated) + " IS TRUE";
}

}  // namespace tidewheel::sql
