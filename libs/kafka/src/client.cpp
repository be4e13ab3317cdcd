#include "client.hpp"

#include <array>

#include "errors.hpp"

namespace tidewheel::kafka {

std::string librdkafka_version() {
    return rd_kafka_version_str();
}

Client::Client(rd_kafka_type_t type, const ClientSettings& settings, const Properties& properties,
               Callbacks& callbacks)
    : log_(settings.log), callbacks_(callbacks) {
    Conf conf = configuration(settings, properties);
    install_callbacks(*conf, type);
    std::array<char, 512> text{};
    handle_.reset(rd_kafka_new(type, conf.get(), text.data(), text.size()));
    if (!handle_) {
        throw Error(Error::Kind::setting, std::string("Kafka client: ") + text.data(),
                    "Check the Kafka options.");
    }
    conf.release();  // the client's now
}

void Client::install_callbacks(rd_kafka_conf_t& conf, rd_kafka_type_t type) {
    rd_kafka_conf_set_opaque(&conf, this);
    rd_kafka_conf_set_log_cb(&conf, [](const rd_kafka_t* handle, int level, const char* facility,
                                       const char* text) noexcept {
        if (const auto& log = of(handle).log_) {
            log(level, facility, text);
        }
    });
    rd_kafka_conf_set_error_cb(
        &conf, [](rd_kafka_t* handle, int code, const char* text, void*) noexcept {
            of(handle).callbacks_.on_error(static_cast<rd_kafka_resp_err_t>(code), text);
        });
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_dr_msg_cb(
            &conf, [](rd_kafka_t* handle, const rd_kafka_message_t* message, void*) noexcept {
                of(handle).callbacks_.on_delivery(*message);
            });
        return;
    }
    rd_kafka_conf_set_rebalance_cb(
        &conf, [](rd_kafka_t* handle, rd_kafka_resp_err_t code,
                  rd_kafka_topic_partition_list_t* partitions,
                  void*) noexcept { of(handle).callbacks_.on_rebalance(code, *partitions); });
}

rd_kafka_resp_err_t Client::fatal_error(std::string& text) const {
    std::array<char, 512> words{};
    const auto code = rd_kafka_fatal_error(handle_.get(), words.data(), words.size());
    text = words.data();
    return code;
}

Topic Client::topic(const std::string& name) const {
    Topic topic(rd_kafka_topic_new(handle_.get(), name.c_str(), nullptr));
    if (!topic) {
        throw error_of(rd_kafka_last_error(), "topic " + name);
    }
    return topic;
}

PartitionList partition_list(const std::string& topic, int partition, std::int64_t offset) {
    PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    return list;
}

}  // namespace tidewheel::kafka
