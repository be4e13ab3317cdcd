#include "message.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace tidewheel::kafka {

namespace {

std::optional<std::string_view> bytes(const void* data, std::size_t size) {
    if (data == nullptr) {
        return std::nullopt;
    }
    return std::string_view(static_cast<const char*>(data), size);
}

// librdkafka parses the headers when they are first asked for, hence the cast of what is logically
// constant.
void read_headers(const void* owner, std::vector<engine::Header>& to) {
    auto* message = static_cast<rd_kafka_message_t*>(const_cast<void*>(owner));
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        to.push_back({name, bytes(value, size)});
    }
}

void destroy_message(void* message) {
    rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(message));
}

}  // namespace

engine::Record to_record(Message message) {
    rd_kafka_timestamp_type_t kind{};
    engine::Record record;
    record.value = bytes(message->payload, message->len);
    record.key = bytes(message->key, message->key_len);
    record.partition = message->partition;
    record.offset = message->offset;
    record.timestamp = rd_kafka_message_timestamp(message.get(), &kind);
    record.read_headers = read_headers;
    record.owner = {message.release(), destroy_message};
    return record;
}

}  // namespace tidewheel::kafka
