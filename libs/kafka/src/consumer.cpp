#include "tidewheel/kafka/consumer.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ask_offset.hpp"
#include "ask_topic.hpp"
#include "consumer_state.hpp"

namespace tidewheel::kafka {

namespace {
constexpr int first_answer = 3000;        // milliseconds, for a topic's first offsets
constexpr int answer_milliseconds = 500;  // for one offset
}  // namespace

GroupConsumer::GroupConsumer(const ClientSettings& settings, const std::string& group,
                             std::size_t fetch_bytes)
    : state_(std::make_unique<State>(settings, group, fetch_bytes)) {}

GroupConsumer::~GroupConsumer() {
    try {
        close();
    } catch (...) {
        // An error of the listener at the very end is dropped here; close() throws it.
    }
}

void GroupConsumer::subscribe(const std::vector<std::string>& topics,
                              AssignmentListener& listener) {
    state_->listener = &listener;
    std::erase_if(state_->topic_failures,
                  [&](const auto& each) { return std::ranges::count(topics, each.first) == 0; });
    if (topics.empty()) {
        state_->leave();
    } else {
        state_->subscribe(topics);
    }
    state_->rethrow_failure();
}

// Eager rebalancing knows no smaller step than a new list of all that is fetched. What a source has
// not read yet is fetched once more; what it reads at this very moment it may get twice, which a
// lane passes over.
void GroupConsumer::refetch(const std::vector<TopicPartition>& stopped,
                            const std::vector<StartOffset>& started) {
    for (const auto& where : stopped) {
        state_->assigned.erase(where);
    }
    for (const auto& start : started) {
        state_->fetch_from(start);
    }
    state_->fetch_assigned();
}

void GroupConsumer::poll(std::chrono::milliseconds wait) {
    state_->serve(static_cast<int>(wait.count()));
    rd_kafka_poll(state_->asking.get(), 0);  // its errors are told by the answers
    state_->rethrow_failure();
    state_->probe.look(state_->client);
}

std::unique_ptr<engine::RecordSource> GroupConsumer::source(const TopicPartition& where,
                                                            std::optional<std::string> topic_id) {
    const auto found = state_->assigned.find(where);
    if (found == state_->assigned.end()) {
        throw std::logic_error("source of a partition that is not assigned: " + where.topic + " " +
                               std::to_string(where.partition));
    }
    return std::make_unique<PartitionSource>(state_->client, state_->asking, state_->connection,
                                             where, found->second.start, found->second.read_up_to,
                                             std::move(topic_id));
}

void GroupConsumer::publish_offsets(const std::vector<StartOffset>& next) {
    state_->offsets.publish(state_->client, next);
}

void GroupConsumer::close() {
    if (std::exchange(state_->closed, true)) {
        return;
    }
    state_->close();
    if (state_->failure) {
        std::rethrow_exception(std::exchange(state_->failure, nullptr));
    }
}

const std::map<std::string, std::string>& GroupConsumer::topic_failures() const {
    return state_->topic_failures;
}

std::optional<std::int64_t> GroupConsumer::readable_end(const TopicPartition& where) const {
    if (!connected()) {
        return std::nullopt;
    }
    std::int64_t end = RD_KAFKA_OFFSET_END;
    const auto code =
        ask_offset(state_->asking.get(), where.topic, where.partition, answer_milliseconds, end);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? std::optional(end) : std::nullopt;
}

std::map<TopicPartition, std::int64_t> GroupConsumer::first_offsets(
    const std::vector<TopicPartition>& partitions) const {
    std::map<std::string, std::vector<TopicPartition>> by_topic;
    for (const auto& where : partitions) {
        by_topic[where.topic].push_back(where);
    }
    std::map<TopicPartition, std::int64_t> offsets;
    for (const auto& [topic, of_topic] : by_topic) {
        const auto answered = ask_first_offsets(state_->client.get(), of_topic, first_answer);
        offsets.insert(answered.begin(), answered.end());
    }
    return offsets;
}

std::map<std::string, std::string> GroupConsumer::topic_ids(
    const std::set<std::string>& topics) const {
    std::map<std::string, std::string> ids;
    for (const auto& topic : topics) {
        if (auto id = ask_topic_id(state_->client.get(), topic, first_answer)) {
            ids.emplace(topic, std::move(*id));
        }
    }
    return ids;
}

bool GroupConsumer::connected() const {
    return state_->connection.up();
}

std::string GroupConsumer::last_error() const {
    return state_->connection.last_error();
}

}  // namespace tidewheel::kafka
