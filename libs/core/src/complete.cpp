#include <unistd.h>

#include <cctype>
#include <fstream>

#include "settings_table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/settings.hpp"

namespace tidewheel {
namespace {

std::string host_and_process() {
    char host[256] = {};
    if (gethostname(host, sizeof host - 1) != 0) return "localhost:" + std::to_string(getpid());
    return std::string(host) + ":" + std::to_string(getpid());
}

std::string read_password(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string password;
    std::getline(file, password, '\0');
    if (!file.is_open() || file.bad()) {
        throw Error(Error::Kind::setting, "cannot read the password file " + path,
                    "check --database-password-file, and that this user may read the file");
    }
    if (password.ends_with('\n')) password.pop_back();
    if (password.ends_with('\r')) password.pop_back();
    if (!password.empty()) return password;
    throw Error(Error::Kind::setting, "the password file " + path + " is empty",
                "write the password into it, or leave out --database-password-file");
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

}  // namespace

void complete(Settings& settings) {
    for (const Setting& setting : settings_table()) {
        const auto wrong = setting.check(settings);
        if (!wrong) continue;
        throw Error(Error::Kind::setting,
                    std::string(setting.key) + " is " + setting.print(settings) + "; it " + *wrong,
                    "set " + setting.flag() + " or " + setting.environment());
    }
    if (settings.instance.empty()) settings.instance = host_and_process();
    if (settings.database_password_file.empty()) return;
    const std::string& file = settings.database_password_file;
    settings.database = with_password(settings.database, read_password(file), file);
    settings.database_password_file.clear();  // done: a second call adds nothing
}

}  // namespace tidewheel
