#include "token.hpp"

#include <openssl/evp.h>

#include <stdexcept>

#include "tidewheel/core/secret.hpp"

namespace tidewheel::ingress {

std::string sha256(std::string_view text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), bytes, &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    constexpr auto digits = "0123456789abcdef";
    std::string hash;
    for (unsigned int i = 0; i < size; ++i)
        hash.append({digits[bytes[i] >> 4], digits[bytes[i] & 15]});
    return hash;
}

bool is_known(std::string_view token, const std::vector<std::string>& hashes) {
    const std::string given = sha256(token);
    bool known = false;
    for (const std::string& hash : hashes)
        known = same_secret(given, hash) || known;
    return known;
}

}  // namespace tidewheel::ingress
