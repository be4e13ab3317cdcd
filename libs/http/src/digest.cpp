#include "tidewheel/http/digest.hpp"

#include <openssl/evp.h>

#include <stdexcept>

#include "tidewheel/core/text.hpp"

namespace tidewheel::http {

std::string sha256(std::string_view text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), bytes, &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    return to_hex({reinterpret_cast<const char*>(bytes), size});
}

}  // namespace tidewheel::http
