#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "tidewheel/delivery/destination.hpp"

// What is sent, after Standard Webhooks 1.0 (standardwebhooks.com). Pure.
namespace tidewheel::notifier {

struct Message {
    std::string id;  // the same whenever the same rows are sent again
    std::string body;
};

// One row: {"id": …, "type": …, "data": {…}}. `uid`: the sink's.
Message message_of(const std::string& uid, const std::string& type, const delivery::OutboxRow& row);
// Several rows: an array of such objects, each with its own id. By that a receiver knows a row
// again, because rows may be sent again in another batch.
Message message_of(const std::string& uid, const std::string& type,
                   std::span<const delivery::OutboxRow> rows);

// `key`: empty: unsigned.
std::map<std::string, std::string> headers_of(const Message& message, std::int64_t timestamp,
                                              std::string_view key);

}  // namespace tidewheel::notifier
