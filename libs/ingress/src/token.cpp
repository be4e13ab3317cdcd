#include "token.hpp"

#include "tidewheel/core/secret.hpp"
#include "tidewheel/http/digest.hpp"

namespace tidewheel::ingress {

bool is_known(std::string_view token, const std::vector<std::string>& hashes) {
    const std::string given = http::sha256(token);
    bool known = false;
    for (const std::string& hash : hashes)
        known = same_secret(given, hash) || known;
    return known;
}

}  // namespace tidewheel::ingress
