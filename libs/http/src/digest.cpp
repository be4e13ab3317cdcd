#include "tidewheel/http/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

#include "tidewheel/core/text.hpp"

namespace tidewheel::http {
namespace {

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text(const unsigned char* bytes, unsigned size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

std::string sha256(std::string_view message) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(message.data(), message.size(), digest, &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    return to_hex(text(digest, size));
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(message),
              message.size(), digest, &size))
        throw std::runtime_error("OpenSSL has no HMAC with SHA-256");
    return std::string(text(digest, size));
}

std::string to_base64(std::string_view data) {
    std::string encoded(4 * ((data.size() + 2) / 3), '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), bytes(data),
                    static_cast<int>(data.size()));
    return encoded;
}

std::optional<std::string> from_base64(std::string_view encoded) {
    // OpenSSL skips white space, and takes '=' for 'A'.
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t padding = encoded.size() - (encoded.find_last_not_of('=') + 1);
    const std::string_view written = encoded.substr(0, encoded.size() - padding);
    if (encoded.size() % 4 != 0 || padding > 2 ||
        written.find_first_not_of(digits) != std::string_view::npos)
        return std::nullopt;
    std::string data(encoded.size(), '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(data.data()), bytes(encoded),
                                     static_cast<int>(encoded.size()));
    if (size < 0) return std::nullopt;
    data.resize(static_cast<std::size_t>(size) - padding);
    return data;
}

}  // namespace tidewheel::http
