#include "ingress_options.hpp"

#include <algorithm>
#include <cctype>

#include "secret_name.hpp"
#include "stream_options.hpp"

namespace tidewheel::sql {
namespace {

// Segments of letters, digits, '.', '_', '~' and '-', each after a slash; none is . or .., which
// clients resolve.
bool is_path(const std::string& text) {
    if (text.size() < 2 || text.size() > 200 || text.front() != '/') return false;
    const auto segments = cut_at(std::string_view(text).substr(1), '/');
    return std::ranges::all_of(segments, [](const std::string& segment) {
        return !segment.empty() && segment != "." && segment != ".." &&
               std::ranges::all_of(segment, [](unsigned char c) {
                   return c < 128 && (std::isalnum(c) ||
                                      std::string_view("._~-").find(c) != std::string_view::npos);
               });
    });
}

}  // namespace

void read_ingress_path(OptionList& options, const ast::Option& option, Stream& stream) {
    const std::string value = value_of(option);
    if (!is_path(value))
        options.refuse(option, fmt::format("ingress '{}' is not a path", value),
                       "Write it like '/products' or '/shop/orders': letters, digits, '.', "
                       "'_', '~' and '-' between the slashes.");
    if (value == openapi_path)
        options.refuse(option, fmt::format("ingress '{}' is a page of the service", value),
                       "Choose another path.");
    stream.ingress = value;
}

void read_ingress_tokens(OptionList& options, const ast::Option& option, Stream& stream) {
    for (std::string hash : cut_at(value_of(option), ',')) {
        std::erase(hash, ' ');
        const bool is_hash =
            hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
        // Not shown: it may be the token itself.
        if (!is_hash)
            return options.refuse(
                option, "ingress_tokens is not a list of SHA-256 hashes",
                "Each is 64 digits 0-9 and a-f, as `printf %s TOKEN | sha256sum` prints it.");
        stream.ingress_tokens.push_back(std::move(hash));
    }
}

void read_ingress_secrets(OptionList& options, const ast::Option& option, Stream& stream) {
    for (std::string name : cut_at(value_of(option), ',')) {
        std::erase(name, ' ');
        // Not shown: it may be the secret itself.
        if (!is_secret_name(name))
            return options.refuse(option, "ingress_secrets is not a list of names",
                                  "Each is the name of a file: letters, digits, '_', '-' and '.'.");
        stream.ingress_secrets.push_back(std::move(name));
    }
}

void check_ingress(const OptionList& options, const Stream& stream, int location,
                   Refusals& refusals) {
    if (!stream.ingress.empty() && stream.format != "json")
        refusals.add(location,
                     fmt::format("stream {} has an ingress, which takes JSON, and the format {}",
                                 stream.name.text(), stream.format),
                     "Leave out one of both.");
    for (const char* option : {"ingress_tokens", "ingress_secrets"})
        if (options.has(option) && !options.has("ingress"))
            refusals.add(location,
                         fmt::format("stream {} has {} without the option ingress",
                                     stream.name.text(), option),
                         "The option ingress '/path' says where records may be sent.");
}

}  // namespace tidewheel::sql
