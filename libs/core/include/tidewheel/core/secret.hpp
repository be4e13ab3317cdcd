#pragma once
#include <string>
#include <string_view>

// Secrets stay out of messages, also where somebody put them by mistake.
namespace tidewheel {

// A librdkafka property, or a setting, whose value is a secret: sasl.password.
bool names_secret(std::string_view name);

// An argument, or a property's name, as a message may show it: without the password in a URL,
// without what follows '=', and without what follows a word such as password ("sasl.passwordX",
// whose '=' was forgotten).
std::string without_secret(std::string_view argument);

// The text of a file that holds one secret, without the newline at its end. `what` ("password") and
// `flag` are for messages. Throws Error (setting) when it can't be read or is empty; what was given
// is shown only where it looks like a path, since it may be the secret itself.
std::string read_secret(const std::string& path, const std::string& what, const std::string& flag);

// "the password file x can be read by everybody …"; empty: it can't, or it is one of a container's
// secrets (/run/secrets), which nobody else reaches.
std::string exposure_of(const std::string& path, const std::string& what);

// Whether they are equal, in a time that does not depend on how much of them is.
bool same_secret(std::string_view given, std::string_view expected);

}  // namespace tidewheel
