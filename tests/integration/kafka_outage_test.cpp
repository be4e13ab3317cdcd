#include <map>

#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using namespace std::chrono_literals;
using testing::eventually;

namespace {

// Reads partition 0 of its topic from the beginning, on the test's own thread.
class Reader final : public AssignmentListener {
  public:
    Reader(const ClientSettings& settings, const std::string& topic)
        : consumer(settings, testing::unique("group"), 1 << 20) {
        consumer.subscribe({topic}, *this);
    }
    ~Reader() override { consumer.close(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    std::vector<StartOffset> on_assigned(const std::vector<TopicPartition>& partitions) override {
        std::vector<StartOffset> starts;
        for (const auto& where : partitions) {
            starts.push_back({where, next});
        }
        return starts;
    }
    void on_started(const std::vector<TopicPartition>& partitions) override {
        source_ = consumer.source(partitions.front());
    }
    void on_revoked(const std::vector<TopicPartition>&, bool) override { source_.reset(); }

    void read() {
        consumer.poll(20ms);
        while (source_) {
            const auto record = source_->next(0);
            if (!record) {
                return;
            }
            gapless = gapless && record->offset == next;
            next = record->offset + 1;
        }
    }

    std::int64_t next = 0;
    bool gapless = true;
    GroupConsumer consumer;

  private:
    std::unique_ptr<engine::RecordSource> source_;
};

void send(Producer& producer, const std::string& topic, int count) {
    for (int i = 0; i < count; ++i) {
        producer.send(topic, {0, {}, "value", {}, 0});
    }
}

// Until the reader, polling as a service does, has noticed.
void notices(Reader& reader, bool connected) {
    eventually(connected ? "the broker is back" : "the broker is gone", [&] {
        reader.read();
        return reader.consumer.connected() == connected;
    });
}

}  // namespace

TEST_CASE(
    "a consumer with nothing to read tells a broker with nothing to say from one that is gone",
    "[outage]") {
    testing::PrivateKafka broker;
    const std::string topic = testing::unique("silence");
    Admin(broker.settings()).create_topic(topic, 1, 1);
    Reader reader(broker.settings(), topic);
    notices(reader, true);
    int reads = 0, connected = 0;
    for (const auto end = std::chrono::steady_clock::now() + 3s;
         std::chrono::steady_clock::now() < end; ++reads) {
        reader.read();
        connected += reader.consumer.connected();
    }
    CHECK(2 * connected > reads);  // a busy broker may miss an answer; silence alone is no outage
    notices(reader, true);
    broker.freeze();
    notices(reader, false);
    CHECK_FALSE(reader.consumer.last_error().empty());
    broker.thaw();
    notices(reader, true);
    broker.stop();
    notices(reader, false);
}

TEST_CASE("a broker that dies and comes back costs neither producer nor consumer a record",
          "[outage]") {
    testing::PrivateKafka broker;
    const std::string topic = testing::unique("outage");
    Admin(broker.settings()).create_topic(topic, 1, 1);
    Producer producer(broker.settings());
    Reader reader(broker.settings(), topic);
    send(producer, topic, 1000);
    eventually("the first records", [&] {
        reader.read();
        return reader.next == 1000;
    });
    CHECK(reader.consumer.connected());

    broker.kill();
    send(producer, topic, 1000);
    eventually("the consumer notices", [&] {
        reader.read();
        return !reader.consumer.connected();
    });
    CHECK_FALSE(reader.consumer.last_error().empty());

    broker.start();
    REQUIRE(producer.flush(60s));
    CHECK(producer.deliveries().delivered == 2000);
    eventually("the rest of the records", [&] {
        reader.read();
        return reader.next == 2000;
    });
    CHECK(reader.gapless);
    eventually("the consumer says that all is well", [&] {
        reader.read();
        return reader.consumer.connected() && reader.consumer.last_error().empty();
    });
}
