#include "ask_topic.hpp"

#include "handles.hpp"

namespace tidewheel::kafka {
namespace {

AdminOptions options(rd_kafka_t* client, rd_kafka_admin_op_t operation, int timeout) {
    AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, nullptr, 0);
    return options;
}

}  // namespace

std::optional<std::string> ask_topic_setting(rd_kafka_t* client, const std::string& topic,
                                             const std::string& setting, int timeout) {
    const ConfigResource wanted(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    const Queue answers(rd_kafka_queue_new(client));
    rd_kafka_ConfigResource_t* list[] = {wanted.get()};
    rd_kafka_DescribeConfigs(client, list, 1,
                             options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout).get(),
                             answers.get());
    const Event event(rd_kafka_queue_poll(answers.get(), timeout));
    const auto* result = event ? rd_kafka_event_DescribeConfigs_result(event.get()) : nullptr;
    if (!result) {
        return std::nullopt;
    }
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
    if (count != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::nullopt;
    }
    const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
        const char* value = rd_kafka_ConfigEntry_value(entries[i]);
        if (rd_kafka_ConfigEntry_name(entries[i]) == setting && value != nullptr) {
            return value;
        }
    }
    return std::nullopt;
}

// DescribeTopics came with librdkafka 2.3, the id in its answer as well.
#if RD_KAFKA_VERSION >= 0x020300ff
std::optional<std::string> ask_topic_id(rd_kafka_t* client, const std::string& topic, int timeout) {
    const char* names[] = {topic.c_str()};
    const TopicCollection wanted(rd_kafka_TopicCollection_of_topic_names(names, 1));
    const Queue answers(rd_kafka_queue_new(client));
    rd_kafka_DescribeTopics(client, wanted.get(),
                            options(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, timeout).get(),
                            answers.get());
    const Event event(rd_kafka_queue_poll(answers.get(), timeout));
    const auto* result = event ? rd_kafka_event_DescribeTopics_result(event.get()) : nullptr;
    if (!result) {
        return std::nullopt;
    }
    std::size_t count = 0;
    const auto** topics = rd_kafka_DescribeTopics_result_topics(result, &count);
    if (count != 1 || rd_kafka_error_code(rd_kafka_TopicDescription_error(topics[0])) !=
                          RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::nullopt;
    }
    const rd_kafka_Uuid_t* id = rd_kafka_TopicDescription_topic_id(topics[0]);
    const char* text = id ? rd_kafka_Uuid_base64str(id) : nullptr;
    return text ? std::optional<std::string>(text) : std::nullopt;
}
#else
std::optional<std::string> ask_topic_id(rd_kafka_t*, const std::string&, int) {
    return std::nullopt;
}
#endif

}  // namespace tidewheel::kafka
