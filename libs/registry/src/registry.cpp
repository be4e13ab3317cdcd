#include "tidewheel/registry/registry.hpp"

#include <algorithm>
#include <cctype>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/http/client.hpp"

namespace tidewheel::registry {
namespace {

using codec::Json;
using namespace std::chrono_literals;

constexpr auto asked_again_after = 10s;
// Shorter than a lane may take to stop.
constexpr auto request_time = 4s;
constexpr std::size_t most_references = 200;

[[noreturn]] void throw_away(const std::string& what) {
    throw Error(Error::Kind::unavailable, what,
                "The stream's option registry names it. The settings registry_url, registry_user, "
                "registry_password_file, registry_token_file and registry_ca_file say how it is "
                "reached.");
}

// As a part of a path (RFC 3986).
std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 128 && (std::isalnum(byte) || std::string_view("-._~").find(c) != text.npos))
            result += c;
        else
            (result += '%') += {digits[byte >> 4], digits[byte & 0xf]};
    }
    return result;
}

std::optional<std::string> text_of(const Json& answer, std::string_view member) {
    const Json* const value = answer.find(member);
    if (!value || !value->is_string()) return std::nullopt;
    return value->string();
}

// 404 may come from anything that is no registry: only one that says what it lacks is believed.
bool lacks_it(const std::string& body) {
    const auto answer = Json::parse(body);
    const Json* const code = answer ? answer->find("error_code") : nullptr;
    return code && code->is_integer() && code->integer() / 100 == 404;
}

std::string reference_path(const Json& reference) {
    const auto subject = text_of(reference, "subject");
    const Json* const version = reference.find("version");
    if (!subject || !version || !version->is_integer())
        throw_away("the registry names a reference without a subject and a version");
    return "/subjects/" + escaped(*subject) + "/versions/" + std::to_string(version->integer());
}

}  // namespace

std::optional<Texts> Registry::find(std::uint32_t id) {
    const auto now = std::chrono::steady_clock::now();
    {
        std::lock_guard lock(mutex_);
        if (const auto known = known_.find(id); known != known_.end()) return known->second;
        const auto unknown = unknown_.find(id);
        if (unknown != unknown_.end() && now - unknown->second < asked_again_after)
            return std::nullopt;
    }
    std::optional<Texts> texts = fetch("/schemas/ids/" + std::to_string(id));
    std::lock_guard lock(mutex_);
    if (!texts) {
        unknown_[id] = now;
        return std::nullopt;
    }
    unknown_.erase(id);
    return known_.emplace(id, *std::move(texts)).first->second;
}

std::optional<Texts> Registry::newest(const std::string& subject) {
    return fetch("/subjects/" + escaped(subject) + "/versions/latest");
}

std::optional<Texts> Registry::fetch(const std::string& path) {
    const auto answer = get(path);
    if (!answer) return std::nullopt;
    Texts texts;
    std::set<std::string> seen;
    add(*answer, seen, texts);
    return texts;
}

void Registry::add(const std::string& body, std::set<std::string>& seen, Texts& to) const {
    const auto answer = Json::parse(body);
    const auto schema = answer ? text_of(*answer, "schema") : std::nullopt;
    if (!schema) throw_away("the registry " + url_ + " answers with something that is no schema");
    if (const Json* references = answer->find("references"); references && references->is_array())
        for (const Json& reference : references->items()) {
            const std::string path = reference_path(reference);
            if (seen.size() == most_references || !seen.insert(path).second) continue;
            const auto referred = get(path);
            if (!referred) throw_away("the registry " + url_ + " lacks " + path);
            add(*referred, seen, to);
        }
    to.push_back(*schema);
}

std::optional<std::string> Registry::get(const std::string& path) const {
    http::Headers headers{{"Accept", "application/vnd.schemaregistry.v1+json, application/json"},
                          {"User-Agent", "tidewheel/" + std::string(version())}};
    if (!access_.authorization.empty()) headers["Authorization"] = access_.authorization;
    const auto url = parse_url(url_);
    http::Response answer;
    try {
        answer =
            http::get(url_ + path, headers,
                      {.timeout = request_time,
                       .reach = {.ca_file = access_.ca_file,
                                 .proxy = url ? http::environment_proxy(*url) : std::string()}});
    } catch (const Error& error) {
        throw_away("the schema registry can't be asked: " + std::string(error.what()));
    }
    if (answer.status == 200) return std::move(answer.body);
    if (answer.status == 404 && lacks_it(answer.body)) return std::nullopt;
    throw_away("the schema registry " + url_ + " answers with status " +
               std::to_string(answer.status));
}

}  // namespace tidewheel::registry
