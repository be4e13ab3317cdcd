#include "tidewheel/core/secret.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

#include "tidewheel/core/error.hpp"

namespace tidewheel {
namespace {

constexpr std::array<std::string_view, 5> secret_words{"password", "passwd", "secret", "token",
                                                       "ssl.key.pem"};
constexpr std::string_view hidden = "…";

bool is_in_names(char byte) {
    return std::isalnum(static_cast<unsigned char>(byte)) || byte == '.' || byte == '_' ||
           byte == '-';
}

// What of a name can be shown: up to the end of a word for secrets, or to what no name contains.
std::string shown_name(std::string_view name) {
    std::size_t end = std::find_if_not(name.begin(), name.end(), is_in_names) - name.begin();
    for (const std::string_view word : secret_words)
        if (const auto found = name.find(word); found != std::string_view::npos)
            end = std::min(end, found + word.size());
    return std::string(name.substr(0, end)).append(end < name.size() ? hidden : "");
}

// postgresql://user:password@host; the password may contain '@' by mistake.
std::string without_password(std::string_view url, std::size_t authority) {
    const std::size_t at = url.rfind('@'), colon = url.find(':', authority);
    if (at == std::string_view::npos || colon > at) return std::string(url);
    return std::string(url.substr(0, colon + 1)).append(hidden).append(url.substr(at));
}

}  // namespace

bool names_secret(std::string_view name) {
    return std::ranges::any_of(secret_words, [&](std::string_view word) {
        return name.find(word) != std::string_view::npos;
    });
}

std::string without_secret(std::string_view argument) {
    if (const auto scheme = argument.find("://"); scheme != std::string_view::npos)
        return without_password(argument, scheme + 3);
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    std::string shown = name.starts_with("--") ? std::string(name) : shown_name(name);
    if (equals != std::string_view::npos) shown.append("=").append(hidden);
    return shown;
}

std::string read_secret(const std::string& path, const std::string& what, const std::string& flag) {
    std::ifstream file(path, std::ios::binary);
    std::string secret;
    std::getline(file, secret, '\0');
    const std::string named =
        path.find('/') == std::string::npos && !file.is_open() ? "" : " " + path;
    if (!file.is_open() || file.bad())
        throw Error(Error::Kind::setting, "cannot read the " + what + " file" + named,
                    flag + " takes a file's path, not the " + what +
                        " itself, and this user must be allowed to read it.");
    if (secret.ends_with('\n')) secret.pop_back();
    if (secret.ends_with('\r')) secret.pop_back();
    if (secret.empty())
        throw Error(Error::Kind::setting, "the " + what + " file" + named + " is empty",
                    "Write the " + what + " into it, or leave out " + flag + ".");
    return secret;
}

std::string exposure_of(const std::string& path, const std::string& what) {
    struct stat found {};
    if (path.starts_with("/run/secrets/") || stat(path.c_str(), &found) != 0) return {};
    if (!S_ISREG(found.st_mode) || (found.st_mode & (S_IROTH | S_IWOTH)) == 0) return {};
    return "the " + what + " " + path + " can be read by everybody on this machine: chmod o-rw " +
           path;
}

bool same_secret(std::string_view given, std::string_view expected) {
    unsigned difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = expected.empty() ? '\0' : expected[i % expected.size()];
        difference |= static_cast<unsigned char>(given[i] ^ other);
    }
    return difference == 0 && !expected.empty();
}

}  // namespace tidewheel
