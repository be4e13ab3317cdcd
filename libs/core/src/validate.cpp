#include "tidewheel/core/validate.hpp"

#include <unistd.h>

#include <cctype>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/origin.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/settings_table.hpp"

namespace tidewheel {
namespace {

std::string host_and_process() {
    char host[256] = {};
    if (gethostname(host, sizeof host - 1) != 0) return "localhost:" + std::to_string(getpid());
    return std::string(host) + ":" + std::to_string(getpid());
}

// The secret that the file holds; the setting is emptied, so that it is read once.
std::string take_secret(std::string& file, const std::string& what, const std::string& flag,
                        std::vector<std::string>& warnings) {
    std::string secret = read_secret(file, what, flag);
    if (auto exposed = exposure_of(file, what + " file"); !exposed.empty())
        warnings.push_back(std::move(exposed));
    file.clear();
    return secret;
}

std::string percent_encoded(const std::string& text) {
    constexpr auto digits = "0123456789ABCDEF";
    std::string encoded;
    for (const unsigned char c : text) {
        if (std::isalnum(c)) {
            encoded += static_cast<char>(c);
        } else {
            encoded.append({'%', digits[c >> 4], digits[c & 15]});
        }
    }
    return encoded;
}

std::string quoted(const std::string& text) {
    std::string value = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') value += '\\';
        value += c;
    }
    return value + "'";
}

// libpq takes the last of two passwords, so the file wins over one that stands in the address. With
// a password given libpq doesn't read `passfile`: there it says where the password is from.
std::string with_password(const std::string& database, const std::string& password,
                          const std::string& file) {
    if (database.starts_with("postgresql://") || database.starts_with("postgres://")) {
        const char* joint = database.find('?') == std::string::npos ? "?" : "&";
        return database + joint + "password=" + percent_encoded(password) +
               "&passfile=" + percent_encoded(file);
    }
    return database + (database.empty() ? "" : " ") + "password=" + quoted(password) +
           " passfile=" + quoted(file);
}

// A registry takes a token, or a user with a password; a secret is for somebody.
void check_registry(const Settings& settings) {
    if (settings.registry_user.empty() != settings.registry_password_file.empty())
        throw Error(Error::Kind::setting,
                    "one of registry_user and registry_password_file is missing",
                    "set both, or neither");
    if (!settings.registry_user.empty() && !settings.registry_token_file.empty())
        throw Error(Error::Kind::setting, "registry_user and registry_token_file are both set",
                    "set one of them");
    if (!settings.registry_url.empty() && !parse_urls(settings.registry_url))
        throw Error(Error::Kind::setting,
                    "registry_url is " + settings.registry_url + ", which is no URL",
                    "write https://host:port, and commas between several");
    const bool has_secret =
        !settings.registry_user.empty() || !settings.registry_token_file.empty();
    if (has_secret && settings.registry_url.empty())
        throw Error(
            Error::Kind::setting,
            "registry_url is missing, which says to whom the registry's user or token is sent",
            "set --registry-url or TIDEWHEEL_REGISTRY_URL");
}

}  // namespace

void validate(Settings& settings) {
    for (const Setting& setting : settings_table()) {
        const auto wrong = setting.check(settings);
        if (!wrong) continue;
        throw Error(Error::Kind::setting,
                    std::string(setting.key) + " is " + setting.print(settings) + "; it " + *wrong,
                    "set " + setting.flag() + " or " + setting.environment());
    }
    check_registry(settings);
    if (settings.instance.empty()) settings.instance = host_and_process();
    if (const std::string file = settings.database_password_file; !file.empty())
        settings.database =
            with_password(settings.database,
                          take_secret(settings.database_password_file, "password",
                                      "--database-password-file", settings.warnings),
                          file);
    if (!settings.http_token_file.empty())
        settings.http_token =
            take_secret(settings.http_token_file, "token", "--http-token-file", settings.warnings);
}

}  // namespace tidewheel
