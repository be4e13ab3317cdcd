#include "outgoing.hpp"

namespace tidewheel::kafka {
namespace {

template <class Field>
void set_bytes(Field& field, std::string_view bytes) {
    field.size = bytes.size();
    field.ptr = const_cast<char*>(bytes.empty() ? "" : bytes.data());
}

}  // namespace

Headers headers_of(const Outgoing& record) {
    if (record.headers.empty()) {
        return nullptr;
    }
    Headers headers(rd_kafka_headers_new(record.headers.size()));
    for (const auto& [name, value] : record.headers) {
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()),
                            value.data(), static_cast<ssize_t>(value.size()));
    }
    return headers;
}

void fill(RecordFields& fields, rd_kafka_topic_t* topic, const Outgoing& record,
          rd_kafka_headers_t* headers, void* opaque) {
    const auto add = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
        fields.emplace_back().vtype = type;
        return fields.back();
    };
    fields.clear();
    add(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
    add(RD_KAFKA_VTYPE_PARTITION).u.i32 = record.partition;
    add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
    if (record.timestamp != 0) add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = record.timestamp;
    if (record.key) set_bytes(add(RD_KAFKA_VTYPE_KEY).u.mem, *record.key);
    if (record.value) set_bytes(add(RD_KAFKA_VTYPE_VALUE).u.mem, *record.value);
    if (headers) add(RD_KAFKA_VTYPE_HEADERS).u.headers = headers;
    if (opaque) add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = opaque;
}

std::string failure_of(const rd_kafka_message_t& message) {
    std::string why = std::string("topic ") + rd_kafka_topic_name(message.rkt) + ", partition " +
                      std::to_string(message.partition) + ": " + rd_kafka_err2str(message.err);
    if (rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED)
        why += " (the record may have arrived nevertheless)";
    return why;
}

}  // namespace tidewheel::kafka
