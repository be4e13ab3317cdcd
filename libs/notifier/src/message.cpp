#include "message.hpp"

#include "tidewheel/codec/json.hpp"
#include "tidewheel/http/webhook_signature.hpp"

namespace tidewheel::notifier {
namespace {

std::string id_of(const std::string& uid, const delivery::OutboxRow& row) {
    return "msg_" + uid + "_" + std::to_string(row.seq);
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

std::map<std::string, std::string> headers_of(const Message& message, std::int64_t timestamp,
                                              std::string_view key) {
    std::map<std::string, std::string> headers{{"content-type", "application/json"},
                                               {"user-agent", "tidewheel-notifier"},
                                               {"webhook-id", message.id},
                                               {"webhook-timestamp", std::to_string(timestamp)}};
    if (!key.empty())
        headers["webhook-signature"] =
            http::webhook_signature(message.id, timestamp, message.body, key);
    return headers;
}

}  // namespace tidewheel::notifier
