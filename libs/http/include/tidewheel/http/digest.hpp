#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tidewheel::http {

// SHA-256 in hexadecimal, as sha256sum prints it.
std::string sha256(std::string_view text);
// The 32 bytes of an HMAC (RFC 2104) with SHA-256.
std::string hmac_sha256(std::string_view key, std::string_view text);

// RFC 4648, section 4, with padding.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);  // nullopt: it is not base64

}  // namespace tidewheel::http
