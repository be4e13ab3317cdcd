#pragma once
#include <cstdint>
#include <string>
#include <string_view>

// Signatures of requests after Standard Webhooks 1.0 (standardwebhooks.com): the headers webhook-id,
// webhook-timestamp and webhook-signature. Pure.
namespace tidewheel::http {

// The key in a secret's text: what whsec_… has in base64; any other text as it stands. Throws Error
// (setting) for bad base64.
std::string signing_key(std::string_view secret);

// v1,…: the base64 of the HMAC-SHA256 of "id.timestamp.body". timestamp: seconds since 1970, UTC.
std::string webhook_signature(std::string_view id, std::int64_t timestamp, std::string_view body,
                              std::string_view key);

}  // namespace tidewheel::http
