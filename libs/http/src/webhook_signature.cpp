#include "tidewheel/http/webhook_signature.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/http/digest.hpp"

namespace tidewheel::http {

std::string signing_key(std::string_view secret) {
    constexpr std::string_view prefix = "whsec_";
    if (!secret.starts_with(prefix)) return std::string(secret);
    auto key = from_base64(secret.substr(prefix.size()));
    if (!key || key->empty())
        throw Error(Error::Kind::setting, "a secret is not whsec_ and base64",
                    "Write whsec_ and the base64 of 24 to 64 random bytes.");
    return *std::move(key);
}

std::string webhook_signature(std::string_view id, std::int64_t timestamp, std::string_view body,
                              std::string_view key) {
    std::string content(id);
    content.append(".").append(std::to_string(timestamp)).append(".").append(body);
    return "v1," + to_base64(hmac_sha256(key, content));
}

}  // namespace tidewheel::http
