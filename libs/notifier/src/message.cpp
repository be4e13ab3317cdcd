#include "message.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::notifier {
namespace {

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string id_of(const std::string& uid, const delivery::OutboxRow& row) {
    return "msg_" + uid + "_" + std::to_string(row.seq);
}

std::string to_base64(std::string_view data) {
    std::string text(4 * ((data.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes(data),
                                     static_cast<int>(data.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string from_base64(std::string_view text) {
    std::string data(text.size(), '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(data.data()), bytes(text),
                                     static_cast<int>(text.size()));
    if (size < 0 || text.size() % 4 != 0 || text.empty())
        throw Error(Error::Kind::setting, "a secret is not whsec_ and base64",
                    "Write whsec_ and the base64 of 24 to 64 random bytes.");
    const auto padding = text.size() - 1 - text.find_last_not_of('=');
    data.resize(static_cast<std::size_t>(size) - padding);
    return data;
}

}  // namespace

Message message_of(const std::string& uid, const std::string& type,
                   const delivery::OutboxRow& row) {
    Message message{id_of(uid, row), {}};
    message.body = "{\"id\":\"" + message.id + "\",\"type\":" + codec::Json(type).dump() +
                   ",\"data\":" + row.json + "}";
    return message;
}

Message message_of(const std::string& uid, const std::string& type,
                   std::span<const delivery::OutboxRow> rows) {
    Message message{id_of(uid, rows.front()) + "_" + std::to_string(rows.back().seq), "["};
    for (const delivery::OutboxRow& row : rows)
        message.body += (message.body.size() > 1 ? "," : "") + message_of(uid, type, row).body;
    message.body += "]";
    return message;
}

std::string signing_key(std::string_view secret) {
    constexpr std::string_view prefix = "whsec_";
    return secret.starts_with(prefix) ? from_base64(secret.substr(prefix.size()))
                                      : std::string(secret);
}

std::string signature(const Message& message, std::int64_t timestamp, std::string_view key) {
    const std::string content = message.id + "." + std::to_string(timestamp) + "." + message.body;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(content), content.size(),
         digest.data(), &size);
    return "v1," + to_base64({reinterpret_cast<const char*>(digest.data()), size});
}

std::map<std::string, std::string> headers_of(const Message& message, std::int64_t timestamp,
                                              std::string_view key) {
    std::map<std::string, std::string> headers{{"content-type", "application/json"},
                                               {"user-agent", "tidewheel-notifier"},
                                               {"webhook-id", message.id},
                                               {"webhook-timestamp", std::to_string(timestamp)}};
    if (!key.empty()) headers["webhook-signature"] = signature(message, timestamp, key);
    return headers;
}

}  // namespace tidewheel::notifier
