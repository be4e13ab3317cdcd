#include "sender.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/http/bearer.hpp"
#include "tidewheel/http/digest.hpp"
#include "tidewheel/http/webhook_signature.hpp"

namespace tidewheel::ingress {
namespace {

// How far a request's time may be from ours, in seconds: as Standard Webhooks recommends it.
constexpr std::int64_t tolerance = 300;

Problem unauthorized(std::string detail) {
    return {401, std::move(detail), {}, {{"WWW-Authenticate", "Bearer"}}};
}

bool is_known(std::string_view token, const std::vector<std::string>& hashes) {
    const std::string given = http::sha256(token);
    bool known = false;
    for (const std::string& hash : hashes)
        known = same_secret(given, hash) || known;
    return known;
}

std::string key_of(const std::string& secret, const std::string& directory) {
    if (directory.empty())
        throw Error(Error::Kind::setting, "the secret " + secret + " can't be found",
                    "The setting ingress_secrets names the directory of the secrets.");
    return http::signing_key(read_secret(directory + "/" + secret, "secret", "--ingress-secrets"));
}

// given: one signature or several, separated by spaces, for a sender whose secret is being replaced
// signs with both.
bool is_among(std::string_view given, const std::string& expected) {
    bool found = false;
    while (!given.empty()) {
        const std::size_t end = std::min(given.find(' '), given.size());
        found = same_secret(given.substr(0, end), expected) || found;
        given.remove_prefix(std::min(end + 1, given.size()));
    }
    return found;
}

std::optional<std::int64_t> seconds(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::optional<Problem> refusal_of_signature(const http::Request& request, const sql::Stream& stream,
                                            const std::string& secrets, std::int64_t now) {
    const std::string_view id = http::header(request, "webhook-id");
    const std::string_view signature = http::header(request, "webhook-signature");
    const auto time = seconds(http::header(request, "webhook-timestamp"));
    if (id.empty() || signature.empty() || !time)
        return unauthorized(
            "the request must be signed: webhook-id, webhook-timestamp, webhook-signature");
    if (*time < now - tolerance || *time > now + tolerance)
        return unauthorized("webhook-timestamp is more than 5 minutes from the time of the server");
    bool is_signed = false;
    for (const std::string& secret : stream.ingress_secrets)
        is_signed = is_among(signature, http::webhook_signature(id, *time, request.body,
                                                                key_of(secret, secrets))) ||
                    is_signed;
    if (is_signed) return std::nullopt;
    return unauthorized("webhook-signature is not that of the request");
}

}  // namespace

std::optional<Problem> refusal_of_sender(const http::Request& request, const sql::Stream& stream,
                                         const std::string& secrets, std::int64_t now) {
    if (!stream.ingress_tokens.empty()) {
        const auto token = http::bearer_token(request);
        if (!token || !is_known(*token, stream.ingress_tokens))
            return unauthorized("the request must carry a token: Authorization: Bearer …");
    }
    if (stream.ingress_secrets.empty()) return std::nullopt;
    return refusal_of_signature(request, stream, secrets, now);
}

}  // namespace tidewheel::ingress
