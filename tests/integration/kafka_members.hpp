#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/stack.hpp"

// Members of a consumer group, driven by the test's own thread.
namespace tidewheel::kafka {

using namespace std::chrono_literals;

inline constexpr std::size_t fetch_bytes = 1 << 20;

// A topic with `each` records in every partition; the values are their offsets.
inline std::string topic_with(int partitions, int each) {
    const std::string topic = testing::unique("consumer");
    Admin(testing::kafka()).create_topic(topic, partitions, 1);
    Producer producer(testing::kafka());
    for (int partition = 0; partition < partitions; ++partition) {
        for (int i = 0; i < each; ++i) {
            const std::string value = std::to_string(i);
            producer.send(topic, {partition, {}, value, {}, 0});
        }
    }
    if (!producer.flush(30s) || producer.deliveries().failed != 0) {
        throw std::runtime_error("can't fill " + topic);
    }
    return topic;
}

// A member that starts its partitions where the test says and reads them on the test's own thread.
class Member final : public AssignmentListener {
  public:
    explicit Member(const std::string& group, std::map<int, std::int64_t> starts = {},
                    ClientSettings settings = testing::kafka())
        : consumer(settings, group, fetch_bytes), starts_(std::move(starts)) {}
    ~Member() override { consumer.close(); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    std::vector<StartOffset> on_assigned(const std::vector<TopicPartition>& partitions) override {
        if (fails_on_assigned) {
            throw std::runtime_error("claim refused");
        }
        std::vector<StartOffset> result;
        for (const auto& where : partitions) {
            const auto start = starts_.find(where.partition);
            if (start == starts_.end() || start->second != left_out) {
                result.push_back(
                    {where, start == starts_.end() ? offset_beginning : start->second});
            }
        }
        return result;
    }
    void on_started(const std::vector<TopicPartition>& partitions) override {
        for (const auto& where : partitions) {
            sources.emplace(where.partition, consumer.source(where));
        }
    }
    void on_revoked(const std::vector<TopicPartition>& partitions, bool) override {
        for (const auto& where : partitions) {
            sources.erase(where.partition);
        }
        ++revocations;
    }

    void poll_until(const std::string& what, const std::function<bool()>& condition) {
        testing::eventually(what, [&] {
            consumer.poll(10ms);
            return condition();
        });
    }
    // The offsets of the next `count` records of a partition.
    std::vector<std::int64_t> read(int partition, std::size_t count) {
        std::vector<std::int64_t> offsets;
        poll_until("records", [&] {
            while (auto record = sources.at(partition)->next(0)) {
                offsets.push_back(record->offset);
                if (offsets.size() == count) break;
            }
            return offsets.size() >= count;
        });
        return offsets;
    }

    static constexpr std::int64_t left_out = -100;
    std::map<int, std::unique_ptr<engine::RecordSource>> sources;
    int revocations = 0;
    bool fails_on_assigned = false;
    GroupConsumer consumer;

  private:
    std::map<int, std::int64_t> starts_;
};

}  // namespace tidewheel::kafka
