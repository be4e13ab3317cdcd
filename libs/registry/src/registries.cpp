#include "tidewheel/registry/registries.hpp"

#include <algorithm>

#include "tidewheel/codec/decoder_factory.hpp"
#include "tidewheel/core/origin.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/http/digest.hpp"

namespace tidewheel::registry {
namespace {

// A pipeline may name any URL: what is secret goes only where the settings say.
bool may_know(const std::string& registry, const std::string& urls) {
    const auto asked = parse_url(registry);
    const auto trusted = parse_urls(urls);
    return asked && trusted && std::ranges::any_of(*trusted, [&](const Url& each) {
               return is_same_origin(*asked, each);
           });
}

// A token, or a user with a password, never both (libs/core/src/validate.cpp).
Access access_of(const Settings& settings, const std::string& url) {
    Access access{.authorization = {}, .ca_file = settings.registry_ca_file};
    if (!may_know(url, settings.registry_url)) return access;
    if (!settings.registry_token_file.empty())
        access.authorization =
            "Bearer " + read_secret(settings.registry_token_file, "token", "--registry-token-file");
    else if (!settings.registry_user.empty())
        access.authorization =
            "Basic " + http::to_base64(settings.registry_user + ":" +
                                       read_secret(settings.registry_password_file, "password",
                                                   "--registry-password-file"));
    return access;
}

}  // namespace

Registry& Registries::at(const std::string& url) {
    std::lock_guard lock(mutex_);
    std::unique_ptr<Registry>& registry = by_url_[url];
    if (!registry) registry = std::make_unique<Registry>(url, access_of(settings_, url));
    return *registry;
}

std::unique_ptr<engine::Decoder> Registries::make_decoder(const sql::Stream& stream,
                                                          const engine::Schema& schema) {
    codec::RecordFormat format(stream.format);
    format.schema = stream.schema;
    format.csv = stream.csv;
    if (!stream.registry.empty()) format.registry = &at(stream.registry);
    return codec::make_decoder(format, schema);
}

}  // namespace tidewheel::registry
